package dev.nla4j.cli;

import dev.nla4j.distribute.Collective;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.Sha256;
import dev.nla4j.format.json.Json;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.hub.ModelRef;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Role;
import dev.nla4j.train.Checkpoint;
import dev.nla4j.train.Checkpoints;
import dev.nla4j.train.GitCommit;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.config.SftConfig;
import dev.nla4j.train.loop.TrainingLoop;
import dev.nla4j.train.sft.Examples;
import dev.nla4j.train.sft.HalfSidecar;
import dev.nla4j.train.sft.OwnSamples;
import dev.nla4j.train.sft.ReconstructorTask;
import dev.nla4j.train.sft.SftStep;
import dev.nla4j.train.sft.Task;
import dev.nla4j.train.sft.VerbalizerTask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Starts training runs: finds base and data, opens the run's folder, shows how it goes.
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

    /// Loads the base; the caller closes it.
    LanguageModel base() {
        return wiring.loadToLearn(config.model(), config.dtype());
    }

    /// Teaches a half.
    ///
    /// @param collective the processes that do; the first one writes
    void sft(Role role, LanguageModel base, Collective collective, boolean resume) throws IOException {
        Path file = config.data().of(role);
        SftConfig sft = config.train().sft(role);
        requireData("data." + role.label(), file);
        requireData("data.held-out", config.data().heldOut());
        Examples data = Examples.withoutContexts(file);
        Examples heldOut = Examples.withoutContexts(config.data().heldOut());
        data.requireExplained();
        heldOut.requireExplained();
        if (role == Role.RECONSTRUCTOR && sft.mix().ownSamples() > 0) {
            requireUnseen(heldOut, config);
        }
        if (collective.rank() == 0) {
            tellOtherTarget(data, config);
        }
        Path folder = config.paths().sft(role);
        if (collective.rank() > 0) {
            // The first process draws the verbalizer's texts; the others read what it has drawn.
            collective.sum(new double[1]);
            Optional<Checkpoint> checkpoint =
                    new Checkpoints(folder.resolve("checkpoints"), sft.cadence().retention()).newest();
            try (Task task = task(role, base, data, heldOut, checkpoint.isPresent());
                    SftStep step = new SftStep(task, sft, collective)) {
                new TrainingLoop(step).follow(checkpoint);
            }
            return;
        }
        requireResume(folder, resume);
        Files.createDirectories(config.paths().pair());
        try (RunFolder run = RunFolder.open(
                        folder,
                        part("train.sft." + role.label()),
                        info(List.of(file, config.data().heldOut()), sft.seed()),
                        sft.cadence().retention());
                Task task = task(role, base, data, heldOut, run.checkpoint().isPresent())) {
            collective.sum(new double[1]);
            try (SftStep learning = new SftStep(task, sft, collective)) {
                tellSkipped(run);
                TrainView view = new TrainView(Terminal.current(), System.err);
                Path export = config.paths().half(role);
                TrainingLoop.Result result = new TrainingLoop(learning)
                        .run(run, task, export, (step, values) -> view.show(step, sft.steps(), values));
                view.end();
                System.err.println(export + ": " + result.steps() + " steps"
                        + (result.stoppedEarly() ? " (stopped early)" : "")
                        + (result.bestQuality().isPresent()
                                ? quality(folder, role, result.bestQuality().getAsDouble())
                                : BestMeasured.NONE));
            }
        }
    }

    /// Says what makes data that are not there, before a reader of files says only that.
    static void requireData(String key, Path file) {
        if (!Files.exists(file)) {
            throw new InputException(file + ": no such file; nla train all makes it (so does nla data build), or name"
                    + " another one as " + key + " in CONFIG or by --set " + key + "=FILE");
        }
    }

    /// Refuses held-out rows that the verbalizer, whose texts are measured on them, has learned from.
    static void requireUnseen(Examples heldOut, RunConfig config) {
        if (Files.exists(config.data().av())) {
            heldOut.requireOtherDocuments(config.data().av());
        }
    }

    /// Says when activations are said to be of a model of another name than the run's target: they may be the same
    /// weights, or another model of the same width, whose activations mean nothing here.
    static void tellOtherTarget(Examples data, RunConfig config) {
        String of = data.meta().extraction().baseModel();
        if (!of.equals(config.model())) {
            System.err.println("nla: " + data.file() + ": its activations are of " + FormatException.printable(of)
                    + ", this run's target is " + config.model() + ": make sure that these are the same weights");
        }
    }

    private static String quality(Path folder, Role role, double best) throws IOException {
        return role == Role.VERBALIZER
                ? BestMeasured.line(
                        folder,
                        "held-out cross entropy",
                        "eval/loss",
                        -best,
                        new TreeMap<>(Map.of("eval/loss_shuffled", "with other rows' activations")))
                : BestMeasured.line(
                        folder,
                        "held-out FVE",
                        "fve",
                        best,
                        new TreeMap<>(Map.of("fve_mean_vector", "mean vector", "fve_shuffled", "other rows' texts")));
    }

    /// @param begun whether it goes on from a checkpoint
    private Task task(Role role, LanguageModel base, Examples data, Examples heldOut, boolean begun)
            throws IOException {
        return role == Role.VERBALIZER
                ? new VerbalizerTask(
                        base, named(), data, heldOut, config.train().av())
                : new ReconstructorTask(
                        base,
                        named(),
                        data,
                        heldOut,
                        ownSamples(base, data, heldOut, begun),
                        config.train().ar());
    }

    /// Has the verbalizer's texts drawn where several processes will read them: one process alone with all processors
    /// is
    /// faster than one that the others wait for.
    void drawOwnSamples(boolean resume) throws IOException {
        Path folder = config.paths().sft(Role.RECONSTRUCTOR);
        requireResume(folder, resume);
        SftConfig sft = config.train().ar();
        if (sft.mix().ownSamples() == 0) {
            return;
        }
        Examples data = Examples.withoutContexts(config.data().ar());
        Examples heldOut = Examples.withoutContexts(config.data().heldOut());
        boolean begun = new Checkpoints(
                        folder.resolve("checkpoints"), sft.cadence().retention())
                .newest()
                .isPresent();
        if (kept(data, heldOut, origin(data, heldOut)).isEmpty()) {
            try (LanguageModel base = base()) {
                ownSamples(base, data, heldOut, begun);
            }
        }
    }

    private Optional<OwnSamples> kept(Examples data, Examples heldOut, OwnSamples.Origin origin) throws IOException {
        return OwnSamples.read(
                config.paths().ownSamples(),
                origin,
                data.rows().size(),
                heldOut.rows().size());
    }

    /// What the texts depend on.
    private OwnSamples.Origin origin(Examples data, Examples heldOut) throws IOException {
        SftConfig sft = config.train().ar();
        Path half = config.paths().half(Role.VERBALIZER);
        if (!Files.isDirectory(half)) {
            throw new InputException(half + ": is missing; train.sft.ar.own-samples needs the verbalizer of this run:"
                    + " nla train sft --role av comes first");
        }
        return new OwnSamples.Origin(
                folderHash(half),
                hash(data.file()),
                hash(heldOut.file()),
                sft.mix().ownSamples(),
                sft.seed());
    }

    /// What the verbalizer of this run writes about the reconstructor's rows: drawn once, then read.
    OwnSamples ownSamples(LanguageModel base, Examples data, Examples heldOut, boolean begun) throws IOException {
        if (config.train().ar().mix().ownSamples() == 0) {
            return OwnSamples.NONE;
        }
        Path half = config.paths().half(Role.VERBALIZER);
        Path file = config.paths().ownSamples();
        OwnSamples.Origin origin = origin(data, heldOut);
        Optional<OwnSamples> kept = kept(data, heldOut, origin);
        if (kept.isPresent()) {
            return kept.get();
        }
        if (begun) {
            throw new InputException(file
                    + ": is missing, or was written by another verbalizer than the one that is in "
                    + half
                    + " now, about other rows, or by an earlier version of this program; a run that has a checkpoint goes on over its own texts: put both back, or give this"
                    + " run a folder of its own");
        }
        Nla.Base standsOn = new Nla.Base(base, model.sha256(wiring.progress()).orElse(null), false);
        return Nla.withVerbalizer(
                PairFolder.verbalizer(half), standsOn, config.dtype(), wiring.progress(), verbalizer -> {
                    try {
                        return OwnSamples.draw(verbalizer, data, heldOut, origin, file, wiring.progress());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }

    /// Of all files of a half.
    private String folderHash(Path folder) throws IOException {
        StringBuilder hashes = new StringBuilder();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                hashes.append(file.getFileName()).append(' ').append(hash(file)).append('\n');
            }
        }
        return hashes.toString();
    }

    private String hash(Path file) {
        return Sha256.of(file, wiring.progress());
    }

    static void requireResume(Path folder, boolean resume) {
        if (!resume && RunFolder.exists(folder)) {
            throw new InputException(
                    folder + ": holds a run already; go on with it by --resume, or name another folder");
        }
    }

    static void tellSkipped(RunFolder run) {
        run.checkpoint()
                .map(Checkpoint::skipped)
                .orElse(List.of())
                .forEach(skipped ->
                        System.err.println("nla: passed over " + skipped.folder() + ": " + skipped.reason()));
        if (run.lostMetrics() > 0) {
            System.err.println("nla: metrics.jsonl has lost " + run.lostMetrics()
                    + " bytes since the checkpoint; the run goes on and its curves have a gap");
        }
    }

    /// The base by its name and, where it is one file, its hash. A folder's name is its whole path: a relative one is
    /// another folder elsewhere, or a stranger's repository.
    HalfSidecar.Base named() {
        Path file = model.path();
        boolean local = ModelRef.parse(config.model()) instanceof ModelRef.LocalPath;
        return new HalfSidecar.Base(
                local ? file.toAbsolutePath().normalize().toString() : config.model(),
                model.sha256(wiring.progress())
                        .map(hash -> new NlaMeta.BaseFile(
                                Objects.requireNonNull(file.getFileName()).toString(), hash)));
    }

    ObjectNode part(String path) {
        return part(resolved, path);
    }

    /// What a run of this part depends on: a second start must say the same.
    ///
    /// @param resolved the whole configuration
    /// @param path of the part, say `train.sft.av`
    static ObjectNode part(ObjectNode resolved, String path) {
        ObjectNode part = Json.mapper().createObjectNode();
        part.set("target", resolved.path("target"));
        part.set("data", resolved.path("data"));
        JsonNode from = resolved;
        ObjectNode to = part;
        String[] keys = path.split("\\.", -1);
        for (int i = 0; i < keys.length - 1; i++) {
            from = from.path(keys[i]);
            to = to.putObject(keys[i]);
        }
        to.set(keys[keys.length - 1], from.path(keys[keys.length - 1]));
        return part;
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
            hashes.put(name(file, files), hash(file));
        }
        hashes.put("target", model.fingerprint(wiring.progress()));
        Optional<String> commit = GitCommit.of(Path.of(System.getProperty("nla.root", ".")));
        return new RunFolder.Info(Version.all(), Map.of("seed", seed), hashes, commit);
    }
}
