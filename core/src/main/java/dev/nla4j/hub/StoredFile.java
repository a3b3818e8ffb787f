package dev.nla4j.hub;

import java.nio.file.Path;

/// One file of a model in the store.
///
/// @param name path inside the model's folder, with `/`
/// @param size bytes
/// @param sha256 digest, lower-case hexadecimal
/// @param modified the file system's time of last change in milliseconds when the digest was checked: while it and the
///     size stand, the bytes are taken for unchanged
public record StoredFile(String name, long size, String sha256, long modified) {
    public StoredFile {
        var checked = new WantedFile(new RelativeName(name), size, Digest.sha256(sha256));
        name = checked.name().text();
    }

    Path under(Path folder) {
        return new RelativeName(name).under(folder);
    }
}
