package dev.nla4j.format;

import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// SHA-256, in hexadecimal.
public final class Sha256 {
    private static final int CHUNK = 1 << 18;

    private Sha256() {}

    /// Of a text in UTF-8.
    public static String of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    public static String of(byte[] bytes) {
        return HexFormat.of().formatHex(digest().digest(bytes));
    }

    /// Of a file's bytes.
    public static String of(Path file) throws IOException {
        MessageDigest digest = digest();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Of a file's bytes, which may be many: says how far it is.
    ///
    /// @throws InputException when the file can't be read or the thread is interrupted
    public static String of(Path file, Progress progress) {
        MessageDigest digest = digest();
        try {
            read(file, "check " + file.getFileName(), progress, (bytes, count) -> digest.update(bytes, 0, count));
        } catch (IOException e) {
            throw new InputException(file + ": can't be read: " + FileProblem.reason(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InputException(file + ": interrupted", e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Takes the first `count` of some bytes.
    public interface Pieces {
        void take(byte[] bytes, int count);
    }

    /// Hands on a file's bytes piece by piece; reports how far it is and gives up when the thread is interrupted.
    public static void read(Path file, String task, Progress progress, Pieces pieces)
            throws IOException, InterruptedException {
        long total = Files.size(file);
        long done = 0;
        byte[] buffer = new byte[CHUNK];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                pieces.take(buffer, n);
                done += n;
                progress.report(task, done, Math.max(total, done), "B");
            }
        }
    }

    /// For what comes in parts.
    public static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
