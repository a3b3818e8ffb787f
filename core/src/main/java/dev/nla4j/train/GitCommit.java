package dev.nla4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/// The commit a working copy stands at, read from its files: no program is run for it.
public final class GitCommit {
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{40}");
    private static final Pattern REFERENCE = Pattern.compile("ref: (refs/[A-Za-z0-9._/-]{1,200})");

    private GitCommit() {}

    /// Empty when `root` is no working copy, or one whose reference is packed or elsewhere.
    public static Optional<String> of(Path root) throws IOException {
        Path git = root.resolve(".git");
        Path head = git.resolve("HEAD");
        if (!Files.isRegularFile(head)) {
            return Optional.empty();
        }
        String text = Files.readString(head).strip();
        var reference = REFERENCE.matcher(text);
        if (reference.matches()) {
            Path file = git.resolve(reference.group(1)).normalize();
            text = file.startsWith(git) && Files.isRegularFile(file)
                    ? Files.readString(file).strip()
                    : "";
        }
        return HASH.matcher(text).matches() ? Optional.of(text) : Optional.empty();
    }
}
