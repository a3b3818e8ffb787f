package dev.nla4j.cli;

import dev.nla4j.distribute.Collective;
import dev.nla4j.format.json.Yaml;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.nla.MemoryPlan;
import dev.nla4j.tensor.ProcessMemory;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.estimate.RlEstimate;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `nla train rl`.
@Command(
        name = "rl",
        description =
                "Let both halves of a pair learn together: the verbalizer from how well the reconstructor can"
                        + " read its texts, the reconstructor from those texts. Begins with FOLDER/pair, leaves FOLDER/pair-rl.",
        footer = {"", "Example: nla train rl --config configs/smollm2-l20.yaml --set train.rl.steps=50"})
final class TrainRlCommand implements Callable<Integer> {
    @Mixin
    TrainOptions options = new TrainOptions();

    @Mixin
    TrainProcesses processes = new TrainProcesses();

    @Override
    public Integer call() throws IOException {
        TrainOptions.Read read = options.read();
        RunConfig config = read.run();
        Wiring wiring = new Wiring();
        RlRun.requireNamed(config, OptionalInt.empty());
        processes.requireAtMost(config.train().rl().rollout().promptsPerStep(), "train.rl.prompts-per-step");
        boolean watches = processes.watches();
        if (options.dryRun) {
            System.out.print(Yaml.write(read.resolved()));
            System.out.println("# " + processes.estimate(wiring, config, model -> estimate(model, config)));
            return ExitCode.OK;
        }
        RlEstimate estimate = estimate(wiring.config(config.model()), config);
        MemoryPlan memory = estimate.memory();
        if (watches) {
            return processes.watch(memory, options.again("train", "rl"));
        }
        memory.requireFits(ProcessMemory.ofThisMachine().available());
        estimate.cutOff().ifPresent(said -> System.err.println("nla: " + said));
        TrainRuns runs = new TrainRuns(wiring, config, read.resolved());
        try (LanguageModel base = runs.base();
                Collective group = processes.join()) {
            new RlRun(config, runs).run(base, group, options.resume);
        }
        return ExitCode.OK;
    }

    private static RlEstimate estimate(ModelConfig model, RunConfig config) {
        return RlEstimate.of(model, config, OptionalInt.empty());
    }
}
