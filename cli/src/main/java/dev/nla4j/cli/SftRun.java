package dev.nla4j.cli;

import dev.nla4j.distribute.Collective;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.Role;
import dev.nla4j.train.Checkpoint;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.config.SftConfig;
import dev.nla4j.train.loop.TrainingLoop;
import dev.nla4j.train.sft.Examples;
import dev.nla4j.train.sft.OwnSamples;
import dev.nla4j.train.sft.OwnTexts;
import dev.nla4j.train.sft.ReconstructorTask;
import dev.nla4j.train.sft.SftStep;
import dev.nla4j.train.sft.Task;
import dev.nla4j.train.sft.VerbalizerTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Puts a run of supervised training together.
final class SftRun {
    private final RunConfig config;
    private final TrainRuns runs;
    private final Role role;
    private final SftConfig sft;
    private final Path folder;

    SftRun(RunConfig config, TrainRuns runs, Role role) {
        this.config = config;
        this.runs = runs;
        this.role = role;
        this.sft = config.train().sft(role);
        this.folder = config.paths().sft(role);
    }

    /// What is learned from and what is measured on.
    private record Rows(Examples data, Examples heldOut) {}

    /// Reads both, and refuses what doesn't fit together before anything is made of it.
    private Rows rows() {
        Path file = config.data().of(role);
        TrainData.requireThere("data." + role.label(), file);
        TrainData.requireThere("data.held-out", config.data().heldOut());
        Examples data = Examples.withoutContexts(file);
        Examples heldOut = Examples.withoutContexts(config.data().heldOut());
        data.requireExplained();
        heldOut.requireExplained();
        heldOut.requireLike(data);
        heldOut.requireOtherDocuments(data);
        if (mixesOwnTexts()) {
            TrainData.requireUnseen(heldOut, config);
        }
        return new Rows(data, heldOut);
    }

    /// Teaches the half, from the beginning or from where the run stopped.
    ///
    /// @param collective the processes that do; the first one writes
    void run(LanguageModel base, Collective collective, boolean resume) throws IOException {
        // Before they are read: what is replaced in between is refused when the run goes on.
        List<Path> files = List.of(config.data().of(role), config.data().heldOut());
        TrainData.requireThere("data." + role.label(), files.getFirst());
        TrainData.requireThere("data.held-out", files.getLast());
        RunFolder.Info info = runs.info(files, sft.seed());
        Rows rows = rows();
        Examples data = rows.data();
        Examples heldOut = rows.heldOut();
        if (collective.rank() == 0) {
            TrainData.tellOtherTarget(data, config);
        }
        if (collective.rank() > 0) {
            // The first process draws the verbalizer's texts; the others read what it has drawn.
            collective.sum(new double[1]);
            Optional<Checkpoint> checkpoint =
                    RunFolder.newest(folder, sft.cadence().retention());
            try (Task task = task(base, data, heldOut, checkpoint.isPresent());
                    SftStep step = new SftStep(task, sft, collective)) {
                new TrainingLoop(step).follow(checkpoint);
            }
            return;
        }
        RunFolder.requireResume(folder, resume);
        Files.createDirectories(config.paths().pair());
        try (RunFolder run = RunFolder.open(
                        folder,
                        runs.part("train.sft." + role.label()),
                        info,
                        sft.cadence().retention());
                Task task = task(base, data, heldOut, run.checkpoint().isPresent())) {
            collective.sum(new double[1]);
            try (SftStep step = new SftStep(task, sft, collective)) {
                BestMeasured best = role == Role.VERBALIZER ? BestMeasured.VERBALIZER : BestMeasured.RECONSTRUCTOR;
                TrainRuns.train(run, step, task, config.paths().half(role), best);
            }
        }
    }

    /// @param begun whether it goes on from a checkpoint
    private Task task(LanguageModel base, Examples data, Examples heldOut, boolean begun) throws IOException {
        return role == Role.VERBALIZER
                ? new VerbalizerTask(base, runs.named(), data, heldOut, sft)
                : new ReconstructorTask(base, runs.named(), data, heldOut, ownSamples(base, data, heldOut, begun), sft);
    }

    private OwnSamples ownSamples(LanguageModel base, Examples data, Examples heldOut, boolean begun)
            throws IOException {
        return mixesOwnTexts()
                ? new OwnTexts(config, data, heldOut, runs.progress()).take(begun, () -> runs.standsOn(base))
                : OwnSamples.NONE;
    }

    private boolean mixesOwnTexts() {
        return role == Role.RECONSTRUCTOR && sft.mix().ownSamples() > 0;
    }

    /// Has the verbalizer's texts drawn where several processes will read them: one process alone with all processors
    /// is faster than one that the others wait for.
    void drawOwnSamples(boolean resume) throws IOException {
        RunFolder.requireResume(folder, resume);
        if (!mixesOwnTexts()) {
            return;
        }
        Rows rows = rows();
        OwnTexts texts = new OwnTexts(config, rows.data(), rows.heldOut(), runs.progress());
        boolean begun = RunFolder.newest(folder, sft.cadence().retention()).isPresent();
        if (texts.kept().isEmpty()) {
            try (LanguageModel base = runs.base()) {
                texts.take(begun, () -> runs.standsOn(base));
            }
        }
    }
}
