package dev.nla4j.cli;

import dev.nla4j.distribute.Collective;
import dev.nla4j.format.json.Yaml;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.nla.MemoryPlan;
import dev.nla4j.nla.Role;
import dev.nla4j.tensor.ProcessMemory;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.estimate.SftEstimate;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `nla train sft`.
@Command(
        name = "sft",
        description = "Teach one half of a pair from explained activations: the verbalizer to write them (av), the"
                + " reconstructor to read them (ar). Leaves an adapter, or full weights (rank: 0), in FOLDER/pair/av"
                + " or ar.",
        footer = {
            "",
            "Its data are FOLDER/data/av_sft.parquet and so on, as nla train all makes them, or files that are named as below.",
            "",
            "Example: nla train sft --role av --config configs/smollm2-l20.yaml"
                    + " --set folder=runs/mine --set data.av=runs/smollm2-l20/data/av_sft.parquet"
                    + " --set data.held-out=runs/smollm2-l20/data/eval_explained.parquet"
        })
final class TrainSftCommand implements Callable<Integer> {
    @Option(
            names = "--role",
            required = true,
            paramLabel = "av|ar",
            description = "Which half.",
            converter = RoleConverter.class)
    Role role = Role.VERBALIZER;

    @Mixin
    TrainOptions options = new TrainOptions();

    @Mixin
    TrainProcesses processes = new TrainProcesses();

    @Override
    public Integer call() throws IOException {
        TrainOptions.Read read = options.read();
        RunConfig config = read.run();
        String name = role.label();
        Wiring wiring = new Wiring();
        int batch = config.train().sft(role).batch();
        processes.requireAtMost(batch, "train.sft." + name + ".batch");
        boolean watches = processes.watches();
        if (options.dryRun) {
            System.out.print(Yaml.write(read.resolved()));
            System.out.println("# " + processes.estimate(wiring, config, model -> estimate(model, config)));
            return ExitCode.OK;
        }
        MemoryPlan memory = estimate(wiring.config(config.model()), config).memory();
        TrainRuns runs = new TrainRuns(wiring, config, read.resolved());
        if (watches) {
            if (role == Role.RECONSTRUCTOR) {
                memory.requireFits(ProcessMemory.ofThisMachine().available());
                new SftRun(config, runs, role).drawOwnSamples(options.resume);
            }
            return processes.watch(memory, options.again("train", "sft", "--role", name));
        }
        memory.requireFits(ProcessMemory.ofThisMachine().available());
        try (LanguageModel base = runs.base();
                Collective collective = processes.join()) {
            new SftRun(config, runs, role).run(base, collective, options.resume);
        }
        return ExitCode.OK;
    }

    private SftEstimate estimate(ModelConfig model, RunConfig config) {
        return SftEstimate.of(model, config, role, OptionalInt.empty());
    }
}
