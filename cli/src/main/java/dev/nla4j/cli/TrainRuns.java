package dev.nla4j.cli;

import dev.nla4j.format.Sha256;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.hub.ModelRef;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.progress.Progress;
import dev.nla4j.train.GitCommit;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.loop.Product;
import dev.nla4j.train.loop.TrainingLoop;
import dev.nla4j.train.loop.TrainingStep;
import dev.nla4j.train.sft.HalfSidecar;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// What all training runs stand on, what is noted of them, and how they are shown.
final class TrainRuns {
    private final Wiring wiring;
    private final RunConfig config;
    private final ObjectNode resolved;
    private final LocalModel model;

    TrainRuns(Wiring wiring, RunConfig config, ObjectNode resolved) {
        this.wiring = wiring;
        this.config = config;
        this.resolved = resolved;
        this.model = wiring.find(config.model());
    }

    Progress progress() {
        return wiring.progress();
    }

    /// Loads the base; the caller closes it.
    LanguageModel base() {
        return wiring.loadToLearn(config.model(), config.dtype());
    }

    /// The base as what halves are opened over.
    Nla.Base standsOn(LanguageModel base) {
        return new Nla.Base(base, model.sha256(progress()).orElse(null), false);
    }

    /// Trains, shows how it goes and says what came of it.
    static void train(RunFolder run, TrainingStep learning, Product product, Path export, BestMeasured best)
            throws IOException {
        run.losses().forEach(line -> System.err.println("nla: " + line));
        TrainView view = new TrainView(Terminal.current().live(System.err));
        TrainingLoop.Result result = new TrainingLoop(learning)
                .run(run, product, export, (step, values) -> view.show(step, learning.steps(), values));
        view.end();
        System.err.println(export + ": " + result.steps() + " steps" + (result.stoppedEarly() ? " (stopped early)" : "")
                + best.line(run.folder(), result.bestQuality()));
    }

    /// The base by its name and, where it is one file, its hash. A folder's name is its whole path: a relative one is
    /// another folder elsewhere, or a stranger's repository.
    HalfSidecar.Base named() {
        Path file = model.path();
        Path single = GgufFile.meantBy(file);
        boolean local = ModelRef.parse(config.model()) instanceof ModelRef.LocalPath;
        return new HalfSidecar.Base(
                local ? file.toAbsolutePath().normalize().toString() : config.model(),
                model.sha256(progress())
                        .map(hash -> new NlaMeta.BaseFile(
                                Objects.requireNonNull((single == null ? file : single).getFileName())
                                        .toString(),
                                hash)));
    }

    ObjectNode part(String path) {
        return RunConfig.part(resolved, path);
    }

    /// The file's name, with its folder's where several have the same, whole where that is not enough.
    private static String name(Path file, List<Path> files) {
        String name = Objects.requireNonNull(file.getFileName()).toString();
        Path folder = file.toAbsolutePath().normalize().getParent();
        boolean alone = files.stream().allMatch(other -> other.equals(file) || !other.endsWith(name));
        if (alone || folder == null) {
            return name;
        }
        Path two = Path.of(String.valueOf(folder.getFileName()), name);
        boolean unique = files.stream().filter(other -> other.endsWith(two)).count() == 1;
        return unique ? two.toString() : file.toString();
    }

    /// What a reader of the run must know.
    RunFolder.Info info(List<Path> files, long seed) throws IOException {
        Map<String, String> hashes = new LinkedHashMap<>();
        for (Path file : files) {
            hashes.put(name(file, files), Sha256.of(file, progress()));
        }
        hashes.put("target", model.fingerprint(progress()));
        Optional<String> commit = GitCommit.of(Path.of(System.getProperty("nla.root", ".")));
        return new RunFolder.Info(Version.all(), Map.of("seed", seed), hashes, commit);
    }
}
