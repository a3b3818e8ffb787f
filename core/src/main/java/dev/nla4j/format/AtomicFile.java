package dev.nla4j.format;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Files that are whole or absent: written beside their place under a temporary name, forced to disk, then renamed.
public final class AtomicFile {
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
        Path temporary = folder.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
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

    /// Whether `name` is that of a temporary file which a write of `target` left when its process was killed.
    public static boolean isTemporary(String name, String target) {
        return name.matches("\\." + Pattern.quote(target) + "\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.tmp");
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
