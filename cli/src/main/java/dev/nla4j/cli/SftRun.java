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

    /// The files that both lie in; they are there.
    private List<Path> files() {
        Path data = config.data().of(role);
        Path heldOut = config.data().heldOut();
        TrainData.requireThere("data." + role.label(), data);
        TrainData.requireThere("data.held-out", heldOut);
        return List.of(data, heldOut);
    }

    /// Reads both, and refuses what doesn't fit together before anything is made of it.
    private Rows rows(List<Path> files) {
        Examples data = Examples.withoutContexts(files.getFirst());
        Examples heldOut = Examples.withoutContexts(files.getLast());
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
        if (collective.rank() == 0) {
            lead(base, collective, resume);
        } else {
            follow(base, collective);
        }
    }

    private void lead(LanguageModel base, Collective collective, boolean resume) throws IOException {
        List<Path> files = files();
        // Before they are read: what is replaced in between is refused when the run goes on.
        RunFolder.Info info = runs.info(files, sft.seed());
        Rows rows = rows(files);
        TrainData.tellOtherTarget(rows.data(), config);
        RunFolder.requireResume(folder, resume);
        Files.createDirectories(config.paths().pair());
        try (RunFolder run = RunFolder.open(
                        folder,
                        runs.part("train.sft." + role.label()),
                        info,
                        sft.cadence().retention());
                Task task = task(base, rows, run.checkpoint().isPresent())) {
            // The others read the verbalizer's texts, which are drawn now.
            collective.sum(new double[1]);
            try (SftStep step = new SftStep(task, sft, collective)) {
                BestMeasured best = role == Role.VERBALIZER ? BestMeasured.VERBALIZER : BestMeasured.RECONSTRUCTOR;
                TrainRuns.train(run, step, task, config.paths().half(role), best);
            }
        }
    }

    private void follow(LanguageModel base, Collective collective) throws IOException {
        Rows rows = rows(files());
        collective.sum(new double[1]);
        Optional<Checkpoint> checkpoint = RunFolder.newest(folder, sft.cadence().retention());
        try (Task task = task(base, rows, checkpoint.isPresent());
                SftStep step = new SftStep(task, sft, collective)) {
            new TrainingLoop(step).follow(checkpoint);
        }
    }

    /// @param begun whether it goes on from a checkpoint
    private Task task(LanguageModel base, Rows rows, boolean begun) throws IOException {
        if (role == Role.VERBALIZER) {
            return new VerbalizerTask(base, runs.named(), rows.data(), rows.heldOut(), sft);
        }
        OwnSamples own = mixesOwnTexts() ? ownTexts(rows).take(begun, () -> runs.standsOn(base)) : OwnSamples.NONE;
        return new ReconstructorTask(base, runs.named(), rows.data(), rows.heldOut(), own, sft);
    }

    private OwnTexts ownTexts(Rows rows) throws IOException {
        return new OwnTexts(config, rows.data(), rows.heldOut(), runs.progress());
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
        OwnTexts texts = ownTexts(rows(files()));
        boolean begun = RunFolder.newest(folder, sft.cadence().retention()).isPresent();
        if (texts.kept().isEmpty()) {
            try (LanguageModel base = runs.base()) {
                texts.take(begun, () -> runs.standsOn(base));
            }
        }
    }
}
