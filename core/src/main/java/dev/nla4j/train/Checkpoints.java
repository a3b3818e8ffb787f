package dev.nla4j.train;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FileProblem;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/// A run's checkpoints: `step-N/` with a safetensors file a part, `state.json`, and `manifest.json` written last.
///
/// A folder counts only when its manifest verifies. Saving goes through `step-N.tmp`, each file and then the folder
/// forced to disk, and one rename; whenever the process dies, the checkpoints before are whole.
public final class Checkpoints {
    private static final Pattern CUT_OFF = Pattern.compile("step-(0|[1-9][0-9]{0,17})\\.tmp");
    private static final Pattern STEP = Pattern.compile("step-(0|[1-9][0-9]{0,17})");
    private static final String UNFINISHED = ".tmp";

    private final Path folder;
    private final Keep keep;
    private final Consumer<String> stages;

    /// How many are kept.
    ///
    /// @param newest 2 or more: the newest may be the one that a crash tore
    /// @param best whether the one of highest quality is kept besides
    public record Keep(int newest, boolean best) {
        public Keep {
            if (newest < 2) {
                throw new IllegalArgumentException("keep: must be >= 2, was " + newest);
            }
        }
    }

    /// Checkpoints in `folder`, which need not exist yet.
    public Checkpoints(Path folder, Keep keep) {
        this(folder, keep, stage -> {});
    }

    /// @param stages is told what of a save is done: each file's name, `folder`, `renamed`; for tests that stop there
    Checkpoints(Path folder, Keep keep, Consumer<String> stages) {
        this.folder = folder;
        this.keep = keep;
        this.stages = stages;
    }

    /// Saves a snapshot, then deletes what need not be kept.
    ///
    /// @param configHash sha256 of the resolved configuration, hexadecimal
    /// @param versions of the program and its libraries
    /// @return the checkpoint's folder
    public Path save(Snapshot snapshot, String configHash, Map<String, String> versions) throws IOException {
        Path target = folder.resolve("step-" + snapshot.step());
        Path unfinished = folder.resolve(target.getFileName() + UNFINISHED);
        Files.createDirectories(folder);
        clearUnfinished();
        Files.createDirectory(unfinished);
        List<String> names = new ArrayList<>();
        for (Map.Entry<String, Map<String, Tensor>> part : snapshot.parts().entrySet()) {
            String name = Checkpoint.tensorFile(part.getKey());
            TensorFile.write(unfinished.resolve(name), part.getValue());
            names.add(name);
            stages.accept(name);
        }
        AtomicFile.writeString(
                unfinished.resolve(Checkpoint.STATE), Json.mapper().writeValueAsString(snapshot.state()) + "\n");
        names.add(Checkpoint.STATE);
        stages.accept(Checkpoint.STATE);
        CheckpointManifest manifest = new CheckpointManifest(
                snapshot.step(),
                configHash,
                versions,
                snapshot.quality(),
                CheckpointManifest.measure(unfinished, names));
        AtomicFile.writeString(unfinished.resolve(CheckpointManifest.NAME), manifest.toJson());
        AtomicFile.forceFolder(unfinished);
        stages.accept("folder");
        replace(unfinished, target);
        stages.accept("renamed");
        retain(snapshot.step());
        return target;
    }

    /// The newest checkpoint that verifies, with those that did not and why; empty when there is none.
    ///
    /// @throws InputException when there are folders and none of them verifies: starting over would be silent loss
    public Optional<Checkpoint> newest() throws IOException {
        List<Checkpoint.Skipped> skipped = new ArrayList<>();
        for (Path candidate : candidates()) {
            if (Files.isSymbolicLink(candidate)) {
                skipped.add(new Checkpoint.Skipped(candidate, "is a link: put the folder itself there"));
                continue;
            }
            try {
                CheckpointManifest manifest = CheckpointManifest.read(candidate);
                requireStep(candidate, manifest);
                manifest.verify(candidate);
                skipped.addAll(cutOff(manifest.step()));
                return Optional.of(new Checkpoint(
                        candidate, manifest.step(), manifest.configHash(), Checkpoint.readState(candidate), skipped));
            } catch (InputException e) {
                skipped.add(new Checkpoint.Skipped(candidate, String.valueOf(e.getMessage())));
            } catch (IOException e) {
                skipped.add(new Checkpoint.Skipped(candidate, "can't be read: " + FileProblem.reason(e)));
            }
        }
        if (!skipped.isEmpty()) {
            throw new InputException(folder + ": none of " + skipped.size() + " checkpoints is whole; the newest: "
                    + skipped.getFirst().reason());
        }
        return Optional.empty();
    }

    /// Saves of later steps that a kill cut off. They were never checkpoints, so that a run of which they are all there
    /// is begins anew.
    private List<Checkpoint.Skipped> cutOff(long from) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            return children.filter(child -> {
                        Matcher matcher = CUT_OFF.matcher(child.getFileName().toString());
                        return matcher.matches() && Long.parseLong(matcher.group(1)) > from;
                    })
                    .sorted()
                    .map(child -> new Checkpoint.Skipped(child, "its save was cut off"))
                    .toList();
        }
    }

    /// Step folders and links in their place, newest first.
    private List<Path> candidates() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.filter(child ->
                            STEP.matcher(child.getFileName().toString()).matches()
                                    && (Files.isSymbolicLink(child) || Files.isDirectory(child)))
                    .sorted(Comparator.comparingLong(Checkpoints::step).reversed())
                    .toList();
        }
    }

    private static long step(Path child) {
        Matcher matcher = STEP.matcher(child.getFileName().toString());
        return matcher.matches() ? Long.parseLong(matcher.group(1)) : -1;
    }

    private static void requireStep(Path candidate, CheckpointManifest manifest) {
        if (manifest.step() != step(candidate)) {
            throw new FormatException(
                    candidate.resolve(CheckpointManifest.NAME),
                    -1,
                    "step",
                    "is " + manifest.step() + ", the folder's name says " + step(candidate));
        }
    }

    /// A folder can't be renamed over another one: the old of the same step goes aside first. Should we die
    /// between both moves, the checkpoint before is the newest.
    private void replace(Path unfinished, Path target) throws IOException {
        Path aside = folder.resolve(target.getFileName() + ".old" + UNFINISHED);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            Files.move(target, aside, StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.forceFolder(folder);
        delete(aside);
    }

    /// Those of later steps than the one just saved are what the run could not go on from: they neither count as kept,
    /// nor are they deleted before their step is reached again.
    private void retain(long saved) throws IOException {
        List<Path> whole = new ArrayList<>();
        Path best = null;
        double bestQuality = Double.NEGATIVE_INFINITY;
        for (Path candidate : candidates()) {
            if (step(candidate) > saved || Files.isSymbolicLink(candidate)) {
                continue;
            }
            try {
                CheckpointManifest manifest = CheckpointManifest.read(candidate);
                whole.add(candidate);
                if (manifest.quality().isPresent() && manifest.quality().getAsDouble() > bestQuality) {
                    best = candidate;
                    bestQuality = manifest.quality().getAsDouble();
                }
            } catch (FormatException e) {
                // A folder without a manifest is no checkpoint: it does not count as kept, and is never ours to delete.
                stages.accept("not counted: " + e.getMessage());
            }
        }
        for (int i = keep.newest(); i < whole.size(); i++) {
            if (!(keep.best() && whole.get(i).equals(best))) {
                delete(whole.get(i));
            }
        }
    }

    /// What an interrupted save left.
    private void clearUnfinished() throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            for (Path child : children.filter(
                            child -> child.getFileName().toString().matches("step-[0-9]+(\\.old)?\\.tmp"))
                    .toList()) {
                delete(child);
            }
        }
    }

    /// The manifest goes first: a half-deleted folder is then no checkpoint. Of a link the link alone.
    private static void delete(Path checkpoint) throws IOException {
        if (!Files.isDirectory(checkpoint, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(checkpoint);
            return;
        }
        Files.deleteIfExists(checkpoint.resolve(CheckpointManifest.NAME));
        try (Stream<Path> files = Files.list(checkpoint)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(checkpoint);
    }
}
