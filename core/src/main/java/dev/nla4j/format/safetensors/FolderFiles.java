package dev.nla4j.format.safetensors;

import dev.nla4j.format.FormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/// Finds files of a model's folder by names that nobody vouches for: they must be plain names, and links must not lead
/// out of the folder, but for those of Hugging Face's cache (`snapshots/<revision>/<file>` to `blobs/<hash>`).
final class FolderFiles {
    private FolderFiles() {}

    /// The file `name` of `folder`.
    ///
    /// @param from the file that gives the name, for messages
    static Path resolve(Path folder, String name, Path from) {
        if (!isPlain(name)) {
            throw new FormatException(from, -1, "file name", name + " is not a plain file name");
        }
        try {
            Path file = folder.resolve(name);
            Path realFolder = folder.toRealPath();
            Path parent = file.toRealPath().getParent();
            if (parent == null || (!realFolder.equals(parent) && !isBlobFolder(parent, realFolder))) {
                throw new FormatException(from, -1, "file name", name + " is a link out of the folder");
            }
            return file;
        } catch (IOException | InvalidPathException e) {
            throw new FormatException(from, -1, "file name", name + " can't be found in " + folder, e);
        }
    }

    /// Whether there is a file of that (trusted) name, wherever a link may lead.
    static boolean has(Path folder, String name) {
        return Files.exists(folder.resolve(name));
    }

    private static boolean isPlain(String name) {
        return !name.isEmpty()
                && !name.startsWith(".")
                && name.codePoints().noneMatch(c -> c == '/' || c == '\\' || c == ':' || Character.isISOControl(c));
    }

    private static boolean isBlobFolder(Path folder, Path snapshot) {
        Path snapshots = snapshot;
        while (snapshots != null && !snapshots.endsWith("snapshots")) {
            snapshots = snapshots.getParent();
        }
        Path repo = snapshots == null ? null : snapshots.getParent();
        return repo != null
                && repo.getFileName() != null
                && repo.getFileName().toString().startsWith("models--")
                && repo.resolve("blobs").equals(folder);
    }
}
