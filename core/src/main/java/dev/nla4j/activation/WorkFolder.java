package dev.nla4j.activation;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.HeldLock;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// `OUT.work` beside the file that is made: the plan and the parts that are done. A lock beside it keeps a second run
/// out.
///
/// Whatever a killed run leaves here is whole (written under another name, then renamed) or is dropped.
public final class WorkFolder implements AutoCloseable {
    private static final String PLAN = "plan.json";
    private static final String PART = "part-";
    /// The lock is of earlier versions.
    private static final Pattern OURS =
            Pattern.compile("plan\\.json|merged\\.parquet|part-[0-9]{6}\\..*|.*\\.tmp|lock");
    private static final long LARGEST_PLAN = 1 << 20;

    private final Path folder;
    private final HeldLock lock;

    private WorkFolder(Path folder, HeldLock lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /// Opens or makes the folder for `out` and drops what was being written when a run was killed.
    ///
    /// @throws InputException when another run works on the same file
    public static WorkFolder open(Path out) throws IOException {
        Path name = out.getFileName();
        if (name == null || Files.isDirectory(out)) {
            throw new InputException(out + ": is a folder, expected the name of a file");
        }
        Path folder = folder(out);
        HeldLock lock = lock(folder.resolveSibling("." + folder.getFileName() + ".lock"), out);
        try {
            Files.createDirectories(folder);
            WorkFolder work = new WorkFolder(folder, lock);
            work.dropUnfinished();
            return work;
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static HeldLock lock(Path file, Path out) throws IOException {
        try {
            return HeldLock.tryHold(file)
                    .orElseThrow(() ->
                            new InputException(out + ": another run is writing it; wait for it or use another file"));
        } catch (AccessDeniedException e) {
            if (!Files.exists(file)) {
                throw e;
            }
            throw new InputException(
                    out + ": its lock " + file + " is another user's; delete it if no run works on the file", e);
        }
    }

    /// The plan of the run that was started here, or null.
    @Nullable
    public JsonNode plan() {
        Path plan = folder.resolve(PLAN);
        return Files.exists(plan) ? Json.read(plan, LARGEST_PLAN) : null;
    }

    public void writePlan(JsonNode plan) throws IOException {
        AtomicFile.writeString(folder.resolve(PLAN), plan.toPrettyString() + "\n");
    }

    public Path part(int shard) {
        return folder.resolve(PART + String.format(Locale.ROOT, "%06d.parquet", shard));
    }

    /// Where the parts are put together before they take their place.
    public Path merged() {
        return folder.resolve("merged.parquet");
    }

    /// Whether a part is there and every row of it can be read; a damaged one is dropped. A disk that fails, or
    /// a system that has no file left to open, says nothing of a part's bytes: hours of work are not thrown
    /// away for it.
    ///
    /// @throws FormatException when it can't be read at all
    public boolean hasPart(int shard) throws IOException {
        Path part = part(shard);
        if (!Files.exists(part)) {
            return false;
        }
        try (ActivationFile file = ActivationFile.open(part)) {
            for (ActivationFile.Rows rows = file.rows(); rows.hasNext(); ) {
                rows.next();
            }
            return true;
        } catch (FormatException e) {
            if (e.getCause() instanceof IOException) {
                throw e;
            }
            Files.delete(part);
            return false;
        }
    }

    /// Whether there is anything to go on with.
    public boolean hasParts() throws IOException {
        return files().stream().anyMatch(file -> file.getFileName().toString().startsWith(PART));
    }

    /// Whether a run that was cut off would go on where a file is to be made, for somebody who doesn't work
    /// on it.
    public static boolean goesOn(Path out) throws IOException {
        Path folder = folder(out);
        if (!Files.exists(folder.resolve(PLAN))) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(file -> file.getFileName().toString().startsWith(PART));
        }
    }

    private static Path folder(Path out) {
        return out.toAbsolutePath().resolveSibling(out.getFileName() + ".work");
    }

    /// Removes what runs leave here; the plan first, so that parts without a plan are known to be left over.
    public void clear() throws IOException {
        Files.deleteIfExists(folder.resolve(PLAN));
        for (Path file : files()) {
            Files.deleteIfExists(file);
        }
    }

    /// Removes the folder, unless somebody has put something into it.
    public void delete() throws IOException {
        clear();
        try {
            Files.deleteIfExists(folder);
        } catch (DirectoryNotEmptyException e) {
            return;
        }
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    private void dropUnfinished() throws IOException {
        for (Path file : files()) {
            if (file.getFileName().toString().endsWith(".tmp")) {
                Files.deleteIfExists(file);
            }
        }
    }

    /// What runs leave here, and nothing else that somebody may have put beside it.
    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(
                            file -> OURS.matcher(file.getFileName().toString()).matches())
                    .toList();
        }
    }
}
