package dev.nla4j.hub;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import java.util.regex.Pattern;

/// What a file's bytes must hash to. The format is checked here, before any digest is used as part of a path.
///
/// @param hex lower-case hexadecimal
record Digest(Kind kind, String hex) {
    /// How the hash is made.
    enum Kind {
        /// SHA-256 of the bytes.
        SHA256("sha256", 64),
        /// Git's own: SHA-1 of `blob <size>\0` and the bytes. Hubs know no other for small files.
        GIT_BLOB("git", 40);

        private final String label;
        private final Pattern form;

        Kind(String label, int digits) {
            this.label = label;
            this.form = Pattern.compile("[0-9a-f]{" + digits + "}");
        }
    }

    Digest {
        if (!kind.form.matcher(hex).matches()) {
            throw new InputException("digest refused: '" + FormatException.printable(hex) + "' is not a " + kind.label
                    + " digest in lower-case hexadecimal");
        }
    }

    static Digest sha256(String hex) {
        return new Digest(Kind.SHA256, hex);
    }

    static Digest gitBlob(String hex) {
        return new Digest(Kind.GIT_BLOB, hex);
    }

    /// Whether `text` could be the digest of this kind.
    static boolean isOf(Kind kind, String text) {
        return kind.form.matcher(text).matches();
    }

    /// Fit for a file name: `sha256-…` or `git-…`.
    String fileName() {
        return kind.label + "-" + hex;
    }

    @Override
    public String toString() {
        return kind.label + " " + hex;
    }
}
