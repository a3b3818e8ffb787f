package dev.nla4j.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Files that are whole or absent: written beside their place under a temporary name, forced to disk, then renamed.
public final class AtomicFile {
    /// Longer than any write goes without a byte.
    private static final Duration STALE = Duration.ofDays(1);

    private AtomicFile() {}

    /// Writes a file's bytes to a path that is not its final one.
    @FunctionalInterface
    public interface Writer {
        void writeTo(Path temporary) throws IOException;
    }

    /// Runs `writer` on a temporary sibling of `target`, then puts it in place. When `writer` fails nothing remains.
    public static void write(Path target, Writer writer) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException(target + " is not the name of a file");
        }
        if (Files.isDirectory(target)) {
            throw new InputException(target + ": is a folder; name a file in it");
        }
        if (isNoFile(target)) {
            throw new InputException(target + ": is a device or a pipe, which a file would take the place of");
        }
        Files.createDirectories(folder);
        // Not createTempFile, whose files nobody but their owner may read.
        Path temporary = temporary(target);
        try {
            writer.writeTo(temporary);
            force(temporary);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            forceFolder(folder);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /// Whether something stands there that no file must take the place of: `/dev/null`, a pipe.
    public static boolean isNoFile(Path target) {
        return Files.exists(target) && !Files.isRegularFile(target) && !Files.isDirectory(target);
    }

    /// [#write] for text in UTF-8.
    public static void writeString(Path target, String text) throws IOException {
        write(target, temporary -> Files.write(temporary, text.getBytes(StandardCharsets.UTF_8)));
    }

    /// Whether `name` is that of a temporary file or folder which a write of `target` left when its process
    /// was killed.
    public static boolean isTemporary(String name, String target) {
        return name.matches("\\." + Pattern.quote(target) + "\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.tmp");
    }

    /// Refuses a file that would be written over what is read for it, whatever the two are called.
    ///
    /// @param what the other is: `the corpus itself`
    public static void requireOther(Path out, Path other, String what) {
        boolean same;
        try {
            same = Files.isRegularFile(out) && Files.exists(other) && Files.isSameFile(out, other);
        } catch (IOException e) {
            throw new InputException(out + ": can't be compared with " + other + ": " + FileProblem.reason(e), e);
        }
        if (same) {
            throw new InputException(out + ": is " + what + ", which would be written over; write elsewhere");
        }
    }

    /// Removes temporary files and folders that writes of `target` left when their processes were killed:
    /// those that nothing was written to for a day.
    ///
    /// A run beside this one writes to its own all the while. Should one have slept for so long (a laptop's
    /// lid), it ends with the name of its file that is gone, when it wants to rename it: `target` is whole
    /// or absent still. What can't be removed costs space and is no reason to write nothing.
    public static void dropStale(Path target) {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null) {
            return;
        }
        String name = target.getFileName().toString();
        Instant before = Instant.now().minus(STALE);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(file -> isTemporary(file.getFileName().toString(), name))
                    .toList()) {
                if (lastWritten(file).isBefore(before)) {
                    deleteFolder(file);
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // no folder yet, somebody else's file, or one that another run has removed at this moment
            return;
        }
    }

    /// When a file, or anything in a folder, was last written to.
    private static Instant lastWritten(Path file) throws IOException {
        Instant last = Instant.MIN;
        try (Stream<Path> walk = Files.walk(file)) {
            for (Path path : walk.toList()) {
                Instant written = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS)
                        .toInstant();
                last = written.isAfter(last) ? written : last;
            }
        }
        return last;
    }

    /// The name of a temporary sibling of `target`, as [#isTemporary] knows it.
    public static Path temporary(Path target) {
        return target.toAbsolutePath().resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    }

    /// Deletes a folder with all it holds, links as links, itself included; nothing where there is none.
    public static void deleteFolder(Path folder) throws IOException {
        if (Files.isSymbolicLink(folder)) {
            Files.delete(folder);
        }
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /// Makes a file's bytes survive a power cut.
    public static void force(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /// Makes a rename in `folder` survive a power cut, where the platform can open folders at all.
    public static void forceFolder(Path folder) throws IOException {
        if (System.getProperty("os.name").startsWith("Windows")) {
            return;
        }
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
