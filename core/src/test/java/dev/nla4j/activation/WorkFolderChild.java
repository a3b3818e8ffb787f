package dev.nla4j.activation;

import dev.nla4j.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Works on a file until it is killed.
final class WorkFolderChild {
    private WorkFolderChild() {}

    /// Arguments: the file.
    public static void main(String[] args) throws IOException {
        Path out = Path.of(args[0]);
        try (WorkFolder work = WorkFolder.open(out)) {
            Files.writeString(work.merged().resolveSibling(".part.tmp"), "half");
            ChildJvm.awaitDeath();
        }
    }
}
