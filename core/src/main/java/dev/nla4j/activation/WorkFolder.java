package dev.nla4j.activation;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// `OUT.work` beside the file that is made: the plan, the parts that are done, and a lock against a second run.
///
/// Whatever a killed run leaves here is whole (written under another name, then renamed) or is dropped.
public final class WorkFolder implements AutoCloseable {
    private static final String PLAN = "plan.json";
    private static final String PART = "part-";
    private static final String LOCK = "lock";
    private static final Pattern OURS = Pattern.compile("plan\\.json|merged\\.parquet|part-[0-9]{6}\\..*|.*\\.tmp");
    private static final long LARGEST_PLAN = 1 << 20;
    private static final int LOCK_ATTEMPTS = 10;
    /// Behind the lock file's content, which stays readable on platforms whose locks forbid reading.
    private static final long LOCK_PLACE = Long.MAX_VALUE - 1;

    private final Path folder;
    private final FileChannel lock;

    private WorkFolder(Path folder, FileChannel lock) {
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
        for (int attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
            Files.createDirectories(folder);
            FileChannel lock = lock(folder.resolve(LOCK), out);
            if (lock != null) {
                var work = new WorkFolder(folder, lock);
                work.dropUnfinished();
                return work;
            }
        }
        throw new InputException(out + ": other runs keep starting and ending on it");
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

    /// Removes everything but the lock; the plan first, so that parts without a plan are known to be left over.
    public void clear() throws IOException {
        Files.deleteIfExists(folder.resolve(PLAN));
        for (Path file : files()) {
            Files.deleteIfExists(file);
        }
    }

    /// Removes the folder; the lock goes last.
    public void delete() throws IOException {
        clear();
        Files.deleteIfExists(folder.resolve(LOCK));
        try {
            Files.deleteIfExists(folder);
        } catch (DirectoryNotEmptyException e) {
            // a run that starts at this moment has made its lock here: the folder is now its own
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

    /// What runs leave here beside their lock, and nothing else that somebody may have put beside it.
    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(
                            file -> OURS.matcher(file.getFileName().toString()).matches())
                    .toList();
        }
    }

    /// The locked file, or null when the folder was removed by its run while we waited.
    private static @Nullable FileChannel lock(Path file, Path out) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return null;
        }
        FileLock held = tryLock(channel);
        if (held == null) {
            channel.close();
            throw new InputException(out + ": another run is writing it; wait for it or use another file");
        }
        if (isStill(file, channel)) {
            return channel;
        }
        channel.close();
        return null;
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock(LOCK_PLACE, 1, false);
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /// Whether the path still leads to the locked file and not to one made after its removal.
    private static boolean isStill(Path file, FileChannel channel) throws IOException {
        byte[] token = UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII);
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(token), 0);
        try {
            return Arrays.equals(token, Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return false;
        }
    }
}
