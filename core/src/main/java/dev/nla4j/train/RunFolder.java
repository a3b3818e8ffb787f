package dev.nla4j.train;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.HeldLock;
import dev.nla4j.format.InputException;
import dev.nla4j.format.Sha256;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.json.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/// A run on disk: `config.resolved.yaml`, `run.json`, `metrics.jsonl`, TensorBoard's events, `samples/`,
/// `checkpoints/step-N/`. Held by one process at a time, through a lock that falls with its process.
///
/// ```java
/// try (RunFolder run = RunFolder.open(folder, section.resolved(), info, keep)) {
///     long step = run.checkpoint().map(Checkpoint::step).orElse(0L);
///     run.checkpoint().ifPresent(c -> c.restore("av", parameters));
///     …
///     run.log(step, Map.of("loss", loss));
///     run.save(snapshot);
/// }
/// ```
public final class RunFolder implements AutoCloseable {
    static final String METRICS = "metrics.jsonl";
    private static final String CONFIG = "config.resolved.yaml";
    private static final String CHECKPOINTS = "checkpoints";
    private static final String RUN = "run.json";
    private static final String DATA = "data_sha256";
    private static final String LOCK = ".lock";
    private static final String OFFSET = "metrics_offset";
    private static final long LONGEST = 16 << 20;

    /// How a step's work is cut up: memory decides, and results change by rounding alone.
    private static final Pattern CUT = Pattern.compile("(?:.*\\.)?micro-batch was .*");

    private final Path folder;
    private final List<String> changes;
    private final HeldLock lock;
    private final String configHash;
    private final Info info;
    private final Checkpoints checkpoints;
    private final Optional<Checkpoint> checkpoint;
    private final MetricsLog metrics;
    private final EventFile events;

    /// What a reader of the run must know to do it again.
    ///
    /// @param versions of the program and its libraries, by name
    /// @param seeds by name
    /// @param dataHashes sha256 of each data file, by its name
    /// @param gitCommit of the program's source, where there is one
    public record Info(
            Map<String, String> versions,
            Map<String, Long> seeds,
            Map<String, String> dataHashes,
            Optional<String> gitCommit) {}

    private RunFolder(
            Path folder,
            HeldLock lock,
            String config,
            List<String> changes,
            Info info,
            Checkpoints.Keep keep,
            Consumer<String> stages)
            throws IOException {
        this.folder = folder;
        this.changes = changes;
        this.lock = lock;
        this.info = info;
        this.configHash = Sha256.of(config);
        this.checkpoints = new Checkpoints(folder.resolve(CHECKPOINTS), keep, stages);
        this.checkpoint = checkpoints.newest();
        checkpoint.ifPresent(this::requireOurs);
        long offset = checkpoint.map(c -> offset(c)).orElse(0L);
        this.metrics = MetricsLog.open(folder.resolve(METRICS), offset);
        this.events = EventFile.start(folder, checkpoint.map(c -> c.step() + 1).orElse(0L));
    }

    /// Starts a run, or goes on with the one whose configuration is the same: from its newest whole checkpoint, with
    /// the metrics after that cut off.
    ///
    /// @param config the resolved configuration, defaults included
    /// @throws InputException when another process holds the folder, when it holds a run of another configuration
    /// (the keys that differ are named) or over other data, or when it holds files but no run
    public static RunFolder open(Path folder, ObjectNode config, Info info, Checkpoints.Keep keep) throws IOException {
        return open(folder, config, info, keep, stage -> {});
    }

    /// @param stages as for [Checkpoints]: for tests that stop in the midst of a save
    static RunFolder open(Path folder, ObjectNode config, Info info, Checkpoints.Keep keep, Consumer<String> stages)
            throws IOException {
        Files.createDirectories(folder);
        HeldLock lock = lock(folder);
        boolean opened = false;
        try {
            String text = Yaml.write(config);
            List<String> changes = List.of();
            Path file = folder.resolve(CONFIG);
            if (Files.exists(file) && hasBegun(folder)) {
                changes = requireSame(file, config);
                requireSameData(folder.resolve(RUN), info);
                // What it began with, as it was written then: all checkpoints of the run have its hash.
                text = Json.exactText(file, LONGEST);
            } else {
                if (!Files.exists(file)) {
                    requireUnused(folder);
                }
                AtomicFile.writeString(folder.resolve(RUN), json(info));
                AtomicFile.writeString(file, text);
            }
            RunFolder run = new RunFolder(folder, lock, text, changes, info, keep, stages);
            opened = true;
            return run;
        } finally {
            if (!opened) {
                lock.close();
            }
        }
    }

    /// A folder of checkpoints may have been put together from those of several runs.
    private void requireOurs(Checkpoint found) {
        if (!found.configHash().equals(configHash)) {
            throw new InputException(found.folder() + ": is a checkpoint of a run of another configuration than "
                    + folder.resolve(CONFIG)
                    + "; put back the checkpoints of this run, or give it a folder of its own");
        }
    }

    private static HeldLock lock(Path folder) throws IOException {
        return HeldLock.tryHold(folder.resolve(LOCK))
                .orElseThrow(() -> new InputException(
                        folder + ": another run is training in this folder; wait for it or choose another folder"));
    }

    /// Whether `folder` holds a run that [#open] would go on with.
    public static boolean exists(Path folder) {
        return Files.exists(folder.resolve(CONFIG));
    }

    /// Refuses a folder that holds a run, unless it shall be gone on with.
    public static void requireResume(Path folder, boolean resume) {
        if (!resume && exists(folder)) {
            throw new InputException(
                    folder + ": holds a run already; go on with it by --resume, or name another folder");
        }
    }

    /// What the process that holds `folder` goes on from, for those that train beside it.
    public static Optional<Checkpoint> newest(Path folder, Checkpoints.Keep keep) throws IOException {
        return new Checkpoints(folder.resolve(CHECKPOINTS), keep).newest();
    }

    /// Starting would overwrite what is not ours; a lock, `run.json` and half-written files are what a start
    /// that was cut off leaves. The latter are removed: who calls holds the lock, so nobody is writing them.
    private static void requireUnused(Path folder) throws IOException {
        List<Path> left = new ArrayList<>();
        List<String> names = new ArrayList<>();
        try (Stream<Path> children = Files.list(folder)) {
            for (Path child : children.sorted().toList()) {
                String name = child.getFileName().toString();
                if (AtomicFile.isTemporary(name, RUN) || AtomicFile.isTemporary(name, CONFIG)) {
                    left.add(child);
                } else if (!name.equals(LOCK) && !name.equals(RUN)) {
                    names.add(name);
                }
            }
        }
        if (!names.isEmpty()) {
            throw new InputException(folder + ": is not empty and holds no run (" + CONFIG + " is missing), has "
                    + FormatException.printable(String.join(", ", names)) + "; choose an empty or a new folder");
        }
        for (Path file : left) {
            Files.delete(file);
        }
    }

    /// Whether a run has taken a step. One that has not (it did not fit into memory, or its data were refused) is begun
    /// anew, with whatever was changed to mend it.
    private static boolean hasBegun(Path folder) throws IOException {
        Path kept = folder.resolve(CHECKPOINTS);
        if (Files.isDirectory(kept)) {
            try (Stream<Path> children = Files.list(kept)) {
                if (children.findAny().isPresent()) {
                    return true;
                }
            }
        }
        Path metrics = folder.resolve(METRICS);
        if (!Files.exists(metrics)) {
            return false;
        }
        // As bytes: what is no text at all is no first step either.
        try (Stream<String> lines = Files.lines(metrics, StandardCharsets.ISO_8859_1)) {
            return lines.anyMatch(line -> !line.startsWith("{\"step\":0,"));
        }
    }

    /// @return what is different and may be
    private static List<String> requireSame(Path file, ObjectNode config) {
        JsonNode before = Json.readYaml(file, LONGEST);
        // through text, so that 1 and 1.0 are what they will be when read again
        JsonNode now = Json.parseYaml(file, Yaml.write(config));
        followMoved(before, now);
        List<String> differing = contradictions(before, now);
        if (!differing.isEmpty()) {
            throw new InputException(file + ": holds a run of another configuration; give this run a folder of its own."
                    + " Different: " + String.join("; ", differing));
        }
        return differences(before, now);
    }

    /// A run's folder may have been moved with its data and halves: a path that leads nowhere any more gives way to one
    /// of the same name that leads somewhere, and what lies there is compared by its hashes.
    private static void followMoved(JsonNode noted, JsonNode now) {
        if (!(noted instanceof ObjectNode before)) {
            return;
        }
        for (String key : List.copyOf(before.propertyNames())) {
            JsonNode old = before.path(key);
            JsonNode recent = now.path(key);
            if (old.isString() && recent.isString() && hasMoved(old.stringValue(), recent.stringValue())) {
                before.set(key, recent);
            } else {
                followMoved(old, recent);
            }
        }
    }

    private static boolean hasMoved(String from, String to) {
        try {
            return !Files.exists(Path.of(from))
                    && Files.exists(Path.of(to))
                    && Path.of(to).endsWith(String.valueOf(Path.of(from).getFileName()));
        } catch (InvalidPathException e) {
            return false; // no path at all
        }
    }

    /// What a run began with may not change under it: the curves would be of two data sets.
    private static void requireSameData(Path file, Info info) {
        JsonNode before = Json.read(file, LONGEST).path(DATA);
        // a run of an earlier version may have noted nothing
        if (before.isMissingNode()) {
            return;
        }
        Set<String> then = new TreeSet<>(before.propertyNames());
        Set<String> now = new TreeSet<>(info.dataHashes.keySet());
        if (!then.equals(now)) {
            if (contents(before).equals(contents(Json.mapper().valueToTree(info.dataHashes)))) {
                return; // names tell files of one name apart by their folders, and those have moved
            }
            throw new InputException(file + ": the run began with the files "
                    + FormatException.printable(String.join(", ", then)) + ", it would go on with "
                    + FormatException.printable(String.join(", ", now))
                    + "; put back what is missing and take away what is new, or give this run a folder of its own"
                    + (now.containsAll(then)
                            ? " (earlier versions of this program noted fewer files: such a run goes on with the version"
                                    + " that began it)"
                            : ""));
        }
        info.dataHashes.forEach((name, hash) -> {
            JsonNode noted = before.path(name);
            if (!noted.equals(StringNode.valueOf(hash))) {
                throw new InputException(file + ": the run began with a " + name + " of sha256 "
                        + FormatException.printable(noted.asString()) + ", it is " + hash
                        + " now; put the old file back, or give this run a folder of its own");
            }
        });
    }

    /// What the files hold, by their names without folders.
    private static List<String> contents(JsonNode hashes) {
        return hashes.properties().stream()
                .map(file -> file.getKey().substring(file.getKey().lastIndexOf('/') + 1) + " " + file.getValue())
                .sorted()
                .toList();
    }

    /// What differs between two configurations, each as `train.lr was 0.001, is 0.002`.
    public static List<String> differences(JsonNode before, JsonNode now) {
        List<String> differing = new ArrayList<>();
        compare("", before, now, differing);
        return differing;
    }

    /// Those [#differences] that make another run of it.
    public static List<String> contradictions(JsonNode before, JsonNode now) {
        return differences(before, now).stream()
                .filter(difference -> !CUT.matcher(difference).matches())
                .toList();
    }

    private static void compare(String path, JsonNode before, JsonNode now, List<String> differing) {
        if (before.isObject() && now.isObject()) {
            TreeSet<String> keys = new TreeSet<>(before.propertyNames());
            keys.addAll(now.propertyNames());
            for (String key : keys) {
                compare(path.isEmpty() ? key : path + "." + key, before.path(key), now.path(key), differing);
            }
        } else if (!before.equals(now)) {
            differing.add(FormatException.printable(path + " was " + shown(before) + ", is " + shown(now)));
        }
    }

    private static String shown(JsonNode value) {
        return value.isMissingNode() ? "absent" : value.toString();
    }

    private static long offset(Checkpoint checkpoint) {
        JsonNode offset = checkpoint.state().path(OFFSET);
        if (!offset.isIntegralNumber() || offset.longValue() < 0) {
            throw new FormatException(
                    checkpoint.folder().resolve(Checkpoint.STATE), -1, OFFSET, "must be a whole number >= 0");
        }
        return offset.longValue();
    }

    private static String json(Info info) {
        ObjectNode node = Json.mapper().createObjectNode();
        ObjectNode versions = node.putObject("versions");
        info.versions.forEach(versions::put);
        ObjectNode seeds = node.putObject("seeds");
        info.seeds.forEach(seeds::put);
        ObjectNode hashes = node.putObject(DATA);
        info.dataHashes.forEach(hashes::put);
        info.gitCommit.ifPresent(commit -> node.put("git_commit", commit));
        node.put("started_at", java.time.Instant.now().toString());
        return Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n";
    }

    public Path folder() {
        return folder;
    }

    /// The checkpoint this run goes on from; empty for a new run.
    public Optional<Checkpoint> checkpoint() {
        return checkpoint;
    }

    /// What was changed, passed over or lost of the run that it goes on with, a line each.
    public List<String> losses() {
        List<String> lines = new ArrayList<>();
        changes.forEach(change -> lines.add(change + ": what comes is the same up to rounding"));
        for (Checkpoint.Skipped skipped : checkpoint.map(Checkpoint::skipped).orElse(List.of())) {
            lines.add("passed over " + skipped.folder() + ": " + skipped.reason());
        }
        if (metrics.lost() > 0) {
            lines.add(METRICS + " has lost " + metrics.lost()
                    + " bytes since the checkpoint; the run goes on and its curves have a gap");
        }
        return lines;
    }

    /// Logs a step's values to `metrics.jsonl` and TensorBoard.
    ///
    /// @param step updates done, the one that is logged included, as in [Snapshot#step]
    public void log(long step, Map<String, Double> values) throws IOException {
        metrics.append(step, values);
        events.scalars(step, values);
    }

    /// Saves a checkpoint; the metrics' offset is added to its state.
    ///
    /// @return the checkpoint's folder
    public Path save(Snapshot snapshot) throws IOException {
        ObjectNode state = snapshot.state().deepCopy().put(OFFSET, metrics.offset());
        return checkpoints.save(
                new Snapshot(snapshot.step(), snapshot.parts(), state, snapshot.quality()), configHash, info.versions);
    }

    /// Writes a step's samples as `samples/step-N.txt`.
    public void samples(long step, String text) throws IOException {
        AtomicFile.writeString(folder.resolve("samples").resolve("step-" + step + ".txt"), text);
    }

    @Override
    public void close() throws IOException {
        try (lock;
                metrics) {
            events.close();
        }
    }
}
