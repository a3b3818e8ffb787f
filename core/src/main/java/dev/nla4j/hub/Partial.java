package dev.nla4j.hub;

import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// A file on its way: bytes go to the end of `….part` and through the checksum. When the process dies the
/// bytes stay, and the next try goes on from them; only bytes with the right digest ever leave under
/// another name.
final class Partial implements AutoCloseable {
    private static final int CHUNK = 1 << 16;

    private final Path path;
    private final WantedFile wanted;
    private final DiskSpace disk;
    private final Progress progress;
    private final String task;
    private final RandomAccessFile file;
    private Checksum checksum;
    private long size;

    private Partial(Path path, WantedFile wanted, DiskSpace disk, Progress progress, RandomAccessFile file) {
        this.path = path;
        this.wanted = wanted;
        this.disk = disk;
        this.progress = progress;
        this.task = "fetch " + wanted.name().base();
        this.file = file;
        this.checksum = Checksum.of(wanted);
    }

    /// Opens or makes the partial at `path`; what it holds already is hashed first.
    static Partial open(Path path, WantedFile wanted, DiskSpace disk, Progress progress)
            throws IOException, InterruptedException {
        Files.createDirectories(path.toAbsolutePath().getParent());
        var partial = new Partial(path, wanted, disk, progress, new RandomAccessFile(path.toFile(), "rw"));
        boolean open = false;
        try {
            partial.resume();
            open = true;
            return partial;
        } finally {
            if (!open) {
                partial.close();
            }
        }
    }

    private void resume() throws IOException, InterruptedException {
        long there = file.length();
        if (there > wanted.size()) {
            restart();
        } else if (there > 0) {
            checksum.read(path, "check what is here of " + wanted.name().base(), progress);
            file.seek(there);
            size = there;
        }
    }

    /// Bytes that are here.
    long size() {
        return size;
    }

    WantedFile wanted() {
        return wanted;
    }

    boolean isFull() {
        return size == wanted.size();
    }

    /// Forgets what is here.
    void restart() {
        try {
            file.setLength(0);
            file.seek(0);
        } catch (IOException e) {
            throw disk.failed(path, e);
        }
        checksum = Checksum.of(wanted);
        size = 0;
    }

    /// Takes all that `in` has; an [IOException] is the reader's, errors of writing are [HubException]s.
    void takeFrom(InputStream in) throws IOException, SourceFailure, InterruptedException {
        byte[] buffer = new byte[CHUNK];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            append(buffer, n);
        }
    }

    private void append(byte[] bytes, int length) throws SourceFailure {
        if (length > wanted.size() - size) {
            throw new SourceFailure(
                    wanted.name().base() + " is longer than the " + wanted.size() + " bytes it must have");
        }
        try {
            file.write(bytes, 0, length);
        } catch (IOException e) {
            throw disk.failed(path, e);
        }
        checksum.update(bytes, length);
        size += length;
        progress.report(task, size, wanted.size(), "B");
    }

    /// The SHA-256 when all bytes are here and are the wanted ones. Ends the checksum: ask once after the last byte.
    Optional<String> sha256IfWhole() {
        return isFull() ? checksum.sha256If(wanted) : Optional.empty();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
