package dev.nla4j.cli;

import dev.nla4j.data.DataSplit;
import dev.nla4j.format.InputException;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.nla.Role;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.config.ConfigException;
import dev.nla4j.train.config.PipelineConfig;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.config.SftConfig;
import dev.nla4j.train.estimate.RlEstimate;
import dev.nla4j.train.estimate.SftEstimate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `nla train all`.
@Command(
        name = "all",
        description =
                "From texts to a pair: extract, split, teach, build, supervised training of both halves, joint learning, export."
                        + " Each stage is a command of its own and is printed; one whose result is whole is passed over, one"
                        + " that was cut off goes on. So the same command again is how to resume.",
        footer = {
            "",
            "Example: nla train all --config configs/smollm2-l20.yaml --corpus documents.jsonl",
            "Example: nla train all --config configs/smollm2-l20.yaml --tiny --dry-run"
        })
final class TrainAllCommand implements Callable<Integer> {
    @Mixin
    TrainOptions options = new TrainOptions();

    @Mixin
    TrainProcesses processes = new TrainProcesses();

    @Option(
            names = "--corpus",
            paramLabel = "DIR|F.jsonl|F.parquet",
            description = "Texts to learn from. Default: the configuration's pipeline.corpus.")
    @Nullable
    Path corpus;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        TrainOptions.Read read = options.read();
        RunConfig config = read.run();
        PipelineConfig pipeline = read.pipeline();
        Path texts = corpus != null
                ? corpus
                : pipeline.corpus()
                        .map(TrainAllCommand::configured)
                        .orElseThrow(() -> new InputException(
                                options.config + ": pipeline.corpus is missing; name the texts there or by --corpus"));
        Wiring wiring = new Wiring();
        requireWhole(config, pipeline.layer());
        requireShares(pipeline.fractions());
        TrainStages stages = new TrainStages(config, pipeline, texts, options.again(), processes.again());
        StageNotes notes = new StageNotes(
                config,
                pipeline,
                texts,
                read.resolved(),
                () -> wiring.here(config.model()).map(model -> model.fingerprint(wiring.progress())));
        List<Stage> all = stages.all();
        if (options.dryRun) {
            for (Stage stage : all) {
                System.out.println((notes.isDone(stage) ? "done   " : "to do  ") + line(stages.command(stage)));
            }
            wiring.here(config.model()).ifPresent(model -> requireTarget(config, pipeline.layer(), model, stages));
            estimates(wiring, config, pipeline.layer());
            requireTeacher(stages, notes);
            return ExitCode.OK;
        }
        requireTeacher(stages, notes);
        requireTarget(config, pipeline.layer(), wiring.find(config.model()), stages);
        long start = System.nanoTime();
        for (int i = 0; i < all.size(); i++) {
            Stage stage = all.get(i);
            String place = "[" + (i + 1) + "/" + all.size() + "] ";
            if (notes.isDone(stage)) {
                System.err.println(place + stage.name() + ": is done");
                continue;
            }
            requireUnchanged(stage, read);
            notes.begin(stage);
            Files.createDirectories(config.paths().data());
            List<String> command = stages.command(stage);
            System.err.println(place + line(command));
            int code = run(command);
            if (code != ExitCode.OK) {
                boolean refused = code == ExitCode.USAGE || code == ExitCode.BAD_INPUT;
                System.err.println("nla: stage " + stage.name() + " failed; "
                        + (refused
                                ? "options that it names are those of its own command, printed above: type that with"
                                        + " them, or change the key of that name in CONFIG, then go on by the same command"
                                : "the same command goes on from there"));
                return code;
            }
            notes.done(stage);
        }
        System.err.println(String.format(
                Locale.ROOT,
                "%s: the pair is there (%.1f minutes)",
                config.paths().export(),
                (System.nanoTime() - start) / 60e9));
        return ExitCode.OK;
    }

    /// Texts that a configuration names lie in the folder one works in, else in the program's own.
    private static Path configured(String name) {
        Path here = Path.of(name);
        Path own = Path.of(System.getProperty("nla.root", ".")).resolve(name);
        return !Files.exists(here) && Files.exists(own) ? own : here;
    }

    /// Refuses what a stage of hours from now would refuse, and data that no stage makes.
    private void requireWhole(RunConfig config, int layer) {
        RunConfig.Data made = RunConfig.Data.in(config.folder());
        RunConfig.Data named = config.data();
        boolean own = named.av().equals(made.av())
                && named.ar().equals(made.ar())
                && named.heldOut().equals(made.heldOut())
                && (named.rl().isEmpty() || named.rl().equals(made.rl()))
                && named.transcripts().isEmpty();
        if (!own) {
            throw new ConfigException("data: train all makes its own files; leave the section out, or type the stages"
                    + " that --dry-run prints without it");
        }
        RlRun.requireNamed(config, OptionalInt.of(layer));
        processes.requireAtMost(config.train().av().batch(), "train.sft.av.batch");
        processes.requireAtMost(config.train().ar().batch(), "train.sft.ar.batch");
        processes.requireAtMost(config.train().rl().rollout().promptsPerStep(), "train.rl.prompts-per-step");
        if (!RlRun.isOwnPair(config)) {
            return;
        }
        for (Role role : Role.values()) {
            SftConfig sft = config.train().sft(role);
            String path = "train.sft." + role.label();
            if (sft.weights().full()) {
                throw new ConfigException(path + ".rank: must be above 0, as joint learning, a stage of this command,"
                        + " trains adapters; teach full weights by train sft");
            }
            if (sft.mix().affineInjection()) {
                throw new ConfigException(path + ".affine-injection: must be false, as joint learning, a stage of this"
                        + " command, goes on with halves that have none; use it with train sft");
            }
        }
    }

    /// Each of the trainings that follow needs documents.
    private static void requireShares(String fractions) {
        try {
            DataSplit.Fractions shares = DataSplit.Fractions.parse(fractions);
            if (shares.avSft() > 0 && shares.arSft() > 0 && shares.rl() > 0) {
                return;
            }
        } catch (IllegalArgumentException e) {
            throw new ConfigException("pipeline." + e.getMessage());
        }
        throw new ConfigException("pipeline.fractions: must all be above 0, as each is what one stage of this command"
                + " learns from, were " + fractions);
    }

    /// Refuses a target that a stage of hours from now could not use.
    private void requireTarget(RunConfig config, int layer, LocalModel target, TrainStages stages) {
        int blocks = ModelLoader.config(target.path()).numLayers();
        if (layer >= blocks) {
            throw new ConfigException("pipeline.layer: must be 0 to " + (blocks - 1) + " (the blocks of "
                    + config.model() + "), was " + layer);
        }
        parsed(stages, Stage.Kind.BUILD, DataBuildCommand.class).requirePrompts(target.path());
    }

    /// Refuses a teacher that can't be asked in hours from now, where there is anything left to explain.
    private void requireTeacher(TrainStages stages, StageNotes notes) {
        if (stages.all().stream()
                .filter(stage -> stage.kind() == Stage.Kind.TEACH)
                .allMatch(notes::isDone)) {
            return;
        }
        try {
            parsed(stages, Stage.Kind.TEACH, DataTeachCommand.class).requireTeacher();
        } catch (IllegalArgumentException e) {
            throw new ConfigException("pipeline.teach: " + e.getMessage());
        }
    }

    /// The first stage of a kind as its command reads it.
    private <T> T parsed(TrainStages stages, Stage.Kind kind, Class<T> type) {
        Stage first = stages.all().stream()
                .filter(stage -> stage.kind() == kind)
                .findFirst()
                .orElseThrow();
        try {
            CommandLine.ParseResult read =
                    fresh().parseArgs(stages.command(first).toArray(String[]::new));
            return type.cast(read.asCommandLineList().getLast().getCommand());
        } catch (CommandLine.ParameterException e) {
            throw new ConfigException("pipeline." + kind.name().toLowerCase(Locale.ROOT) + ": " + e.getMessage());
        }
    }

    /// A training reads the file itself, hours after this command did, and is noted as what was read then.
    private void requireUnchanged(Stage stage, TrainOptions.Read before) {
        if (!stage.trains()) {
            return;
        }
        TrainOptions.Read now = options.read();
        List<String> differing = new ArrayList<>(RunFolder.contradictions(
                RunConfig.part(before.resolved(), stage.section()), RunConfig.part(now.resolved(), stage.section())));
        if (!now.run().folder().equals(before.run().folder())) {
            differing.add(
                    "folder was " + before.run().folder() + ", is " + now.run().folder());
        }
        if (!differing.isEmpty()) {
            throw new ConfigException(options.config
                    + ": was changed while earlier stages ran; the same command goes on with what it says"
                    + " now. Different: " + String.join("; ", differing));
        }
    }

    /// What training takes; how long reading and teaching take is up to the texts.
    private void estimates(Wiring wiring, RunConfig config, int layer) {
        OptionalInt block = OptionalInt.of(layer);
        for (Role role : Role.values()) {
            System.out.println("# train sft --role " + role.label() + ": "
                    + processes.estimate(wiring, config, model -> SftEstimate.of(model, config, role, block)));
        }
        System.out.println(
                "# train rl: " + processes.estimate(wiring, config, model -> RlEstimate.of(model, config, block)));
    }

    /// In a command line of its own, with this one's streams.
    private int run(List<String> command) {
        List<String> words = new ArrayList<>(command);
        words.addAll(Main.debugging(Objects.requireNonNull(spec)));
        return fresh().execute(words.toArray(String[]::new));
    }

    private CommandLine fresh() {
        CommandLine own = Objects.requireNonNull(spec).commandLine();
        CommandLine fresh = Main.commandLine(System.out, System.err);
        fresh.setOut(own.getOut());
        fresh.setErr(own.getErr());
        return fresh;
    }

    private static String line(List<String> command) {
        StringBuilder line = new StringBuilder("nla");
        for (String word : command) {
            line.append(' ').append(word.matches("[\\w./:=,-]+") ? word : "'" + word.replace("'", "'\\''") + "'");
        }
        return line.toString();
    }
}
