package dev.nla4j.cli;

import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.PipelineConfig;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.config.Section;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/// What every training command takes.
final class TrainOptions {
    @Option(names = "--config", required = true, paramLabel = "RUN.yaml", description = "Configuration of the run.")
    Path config = Path.of("");

    @Option(
            names = "--set",
            paramLabel = "A.B=C",
            description = "Overrides one key of the configuration; may be repeated.")
    List<String> assignments = List.of();

    @Option(names = "--tiny", description = "Take the configuration's small form (variants.tiny): a try-out.")
    boolean tiny;

    @Option(
            names = "--resume",
            description =
                    "Go on with the run that the folder holds, from its newest checkpoint. (train all always does.)")
    boolean resume;

    @Option(
            names = "--dry-run",
            description =
                    "Say what would be done and what it takes, and stop: for sft and rl the resolved configuration,"
                            + " for all the stages.")
    boolean dryRun;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    /// What a configuration says.
    ///
    /// @param run what is trained, and how
    /// @param pipeline how texts become training sets
    /// @param resolved all keys with their values
    record Read(RunConfig run, PipelineConfig pipeline, ObjectNode resolved) {}

    /// Reads file and overrides; unknown keys are refused.
    Read read() {
        ConfigTree tree = ConfigTree.read(config).variant(tiny ? "tiny" : null);
        for (String assignment : assignments) {
            tree = tree.set(assignment);
        }
        Section top = tree.section();
        RunConfig run = RunConfig.read(top);
        PipelineConfig pipeline = PipelineConfig.read(top);
        top.done();
        return new Read(run, pipeline, top.resolved());
    }

    /// The options that make another training command read the same.
    List<String> again() {
        List<String> again = new ArrayList<>(List.of("--config", config.toString()));
        if (tiny) {
            again.add("--tiny");
        }
        assignments.forEach(assignment -> again.addAll(List.of("--set", assignment)));
        return again;
    }

    /// A command that reads the same, and goes on with a run where this one does.
    ///
    /// @param command its words
    List<String> again(String... command) {
        List<String> again = new ArrayList<>(List.of(command));
        again.addAll(again());
        if (resume) {
            again.add("--resume");
        }
        again.addAll(Main.debugging(Objects.requireNonNull(spec)));
        return again;
    }
}
