package dev.nla4j.cli;

import dev.nla4j.activation.WorkFolder;
import dev.nla4j.data.DataSplit.Part;
import dev.nla4j.format.FileProblem;
import dev.nla4j.format.InputException;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Role;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.config.PipelineConfig;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.config.RunPaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The way from texts to a pair, cut into stages. Each is a command that a person could type, and goes on by itself
/// when it was cut off.
final class TrainStages {
    /// What is explained: the rows that halves learn from, and those by which they are measured.
    private static final List<Part> EXPLAINED = List.of(Part.AV_SFT, Part.AR_SFT, Part.EVAL);

    private final RunConfig config;
    private final RunPaths paths;
    private final PipelineConfig pipeline;
    private final Path corpus;
    private final List<String> again;
    private final List<String> processes;

    /// @param again options that make a training command read the same configuration
    /// @param processes options that say by how many processes it trains: no matter of what is learned
    TrainStages(RunConfig config, PipelineConfig pipeline, Path corpus, List<String> again, List<String> processes) {
        this.config = config;
        this.paths = config.paths();
        this.pipeline = pipeline;
        this.corpus = corpus;
        this.again = List.copyOf(again);
        this.processes = List.copyOf(processes);
    }

    List<Stage> all() {
        List<Stage> stages = new ArrayList<>();
        stages.add(extract());
        stages.add(split());
        EXPLAINED.forEach(part -> stages.add(teach(part)));
        stages.add(build(Part.AV_SFT, paths.explained(Part.AV_SFT)));
        stages.add(build(Part.AR_SFT, paths.explained(Part.AR_SFT)));
        stages.add(build(Part.RL, paths.split(Part.RL)));
        // Nobody would use what they leave where joint learning begins with another pair.
        if (RlRun.isOwnPair(config)) {
            for (Role role : Role.values()) {
                stages.add(train(
                        "sft " + role.label(),
                        List.of("train", "sft", "--role", role.label()),
                        List.of(sidecar(paths.pair(), role))));
            }
        }
        stages.add(train(
                "rl",
                List.of("train", "rl"),
                Stream.of(Role.values())
                        .map(role -> sidecar(paths.learned(), role))
                        .toList()));
        stages.add(new Stage(
                Stage.Kind.EXPORT,
                "export",
                List.of(
                        "export",
                        "--nla",
                        paths.learned().toString(),
                        "--out",
                        paths.export().toString()),
                List.of(paths.export().resolve("manifest.json"))));
        return List.copyOf(stages);
    }

    private Stage extract() {
        Path out = paths.activations();
        List<String> command = List.of(
                "extract",
                "--model",
                config.model(),
                "--dtype",
                config.dtype().name(),
                "--layer",
                "" + pipeline.layer(),
                "--corpus",
                corpus.toString(),
                "--text-field",
                pipeline.textField(),
                "--out",
                out.toString(),
                "--window",
                "" + pipeline.window(),
                "--stride",
                "" + pipeline.stride(),
                "--min-position",
                "" + pipeline.minPosition(),
                "--per-doc",
                pipeline.perDocument(),
                "--seed",
                "" + pipeline.seed());
        return new Stage(Stage.Kind.EXTRACT, "extract", command, List.of(out));
    }

    private Stage split() {
        List<String> command = new ArrayList<>(List.of(
                "data",
                "split",
                paths.activations().toString(),
                "--out",
                paths.splits().toString(),
                "--fractions",
                pipeline.fractions(),
                "--seed",
                "" + pipeline.seed(),
                "--corpus",
                corpus.toString(),
                "--text-field",
                pipeline.textField(),
                "--restart"));
        if (pipeline.holdOut() > 0) {
            command.addAll(List.of("--hold-out", "" + pipeline.holdOut()));
        }
        List<Path> parts = Stream.of(Part.values()).map(paths::split).toList();
        return new Stage(Stage.Kind.SPLIT, "split", command, parts);
    }

    /// Each file by itself, so that each goes on alone; words are counted over all, so that one rule explains them.
    private Stage teach(Part part) {
        List<String> command =
                new ArrayList<>(List.of("data", "teach", paths.split(part).toString()));
        if (pipeline.teach().isGrounded()) {
            command.addAll(List.of("--dtype", config.dtype().name()));
            for (Part counted : EXPLAINED) {
                command.addAll(List.of("--count-too", paths.split(counted).toString()));
            }
        }
        command.addAll(options(pipeline.teach().writes()));
        return new Stage(Stage.Kind.TEACH, "teach " + part.label(), command, List.of(paths.explained(part)));
    }

    private Stage build(Part part, Path input) {
        Path out = paths.prompts(part);
        List<String> command = new ArrayList<>(List.of(
                "data", "build", input.toString(), "--stage", part.label(), "--out", out.toString(), "--restart"));
        command.addAll(options(pipeline.build()));
        return new Stage(Stage.Kind.BUILD, "build " + part.label(), command, List.of(out));
    }

    private Stage train(String name, List<String> words, List<Path> leaves) {
        List<String> command = new ArrayList<>(words);
        command.addAll(again);
        return new Stage(Stage.Kind.TRAIN, name, command, leaves);
    }

    /// Options as they are typed, in one word each: a value may begin with a dash.
    private static List<String> options(Map<String, String> values) {
        return values.entrySet().stream()
                .filter(option -> !option.getValue().equals("false"))
                .map(option ->
                        "--" + option.getKey() + (option.getValue().equals("true") ? "" : "=" + option.getValue()))
                .toList();
    }

    private static Path sidecar(Path pair, Role role) {
        return pair.resolve(role.label()).resolve(NlaMeta.FILE);
    }

    /// The stage's command as it must be typed now: a training that has begun goes on, so does what has
    /// parts, and a result is made again whose note is missing.
    List<String> command(Stage stage) {
        List<String> command = new ArrayList<>(stage.command());
        if (stage.trains()) {
            command.addAll(processes);
            if (RunFolder.exists(config.folder().resolve(stage.fileName()))) {
                command.add("--resume");
            }
        }
        if (stage.kind() == Stage.Kind.TEACH) {
            command.addAll(options(pipeline.teach().asks()));
        }
        if (stage.kind().keepsParts() && Files.exists(stage.out()) && !goesOn(stage.out())) {
            command.add("--restart");
        }
        return command;
    }

    /// Whether a file is not whole: parts of it are there.
    static boolean goesOn(Path out) {
        try {
            return WorkFolder.goesOn(out);
        } catch (IOException e) {
            throw new InputException(out + ": its work folder can't be read: " + FileProblem.reason(e), e);
        }
    }
}
