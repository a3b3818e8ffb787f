package dev.nla4j.hub;

import dev.nla4j.format.Sha256;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Hashes bytes as they stream past: always SHA-256, and Git's hash where a file is announced by it.
final class Checksum {
    private final MessageDigest sha256 = algorithm("SHA-256");
    private final @Nullable MessageDigest git;

    private Checksum(@Nullable MessageDigest git) {
        this.git = git;
    }

    static Checksum of(WantedFile file) {
        return switch (file.digest().kind()) {
            case SHA256 -> new Checksum(null);
            case GIT_BLOB -> {
                MessageDigest git = algorithm("SHA-1");
                git.update(("blob " + file.size() + "\0").getBytes(StandardCharsets.US_ASCII));
                yield new Checksum(git);
            }
        };
    }

    /// SHA-256 of a whole file; reports how far it is and gives up when the thread is interrupted.
    static String sha256(Path file, Progress progress) throws IOException, InterruptedException {
        var checksum = new Checksum(null);
        checksum.read(file, "check " + file.getFileName(), progress);
        return checksum.sha256();
    }

    /// Takes in all bytes of `file`.
    void read(Path file, String task, Progress progress) throws IOException, InterruptedException {
        Sha256.read(file, task, progress, this::update);
    }

    void update(byte[] bytes, int length) {
        sha256.update(bytes, 0, length);
        if (git != null) {
            git.update(bytes, 0, length);
        }
    }

    /// The SHA-256 when the bytes are those of `wanted`, which this was made for. Ends the checksum: ask once.
    Optional<String> sha256If(WantedFile wanted) {
        String found = sha256();
        String announced = git == null ? found : HexFormat.of().formatHex(git.digest());
        return announced.equals(wanted.digest().hex()) ? Optional.of(found) : Optional.empty();
    }

    private String sha256() {
        return HexFormat.of().formatHex(sha256.digest());
    }

    private static MessageDigest algorithm(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has " + name, e);
        }
    }
}
