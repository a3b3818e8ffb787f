package dev.nla4j.hub;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/// Deletes folders of the store, and nothing else.
final class Trees {
    private Trees() {}

    /// Deletes `folder` with all it holds when it lies below `root`. Symbolic links are deleted, never followed.
    ///
    /// @return bytes of the files deleted
    static long delete(Path root, Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return 0;
        }
        Path parent = folder.toAbsolutePath().getParent();
        if (parent == null || !parent.toRealPath().startsWith(root.toRealPath()) || folder.equals(root)) {
            throw new IOException(folder + " is not below " + root + ": left as it is");
        }
        long[] bytes = {0};
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                bytes[0] += attributes.size();
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
        return bytes[0];
    }
}
