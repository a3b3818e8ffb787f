package dev.nla4j.format.internal;

import dev.nla4j.format.FileProblem;
import dev.nla4j.format.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// An open file read at given places, by any number of threads at once. Its size is taken once, at opening.
public final class FileBytes implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private final long size;

    private FileBytes(Path path, FileChannel channel, long size) {
        this.path = path;
        this.channel = channel;
        this.size = size;
    }

    /// Opens a regular file; a pipe or device would block or never end.
    public static FileBytes open(Path path) {
        if (!Files.isRegularFile(path)) {
            String problem = Files.exists(path) ? "is not a regular file" : "does not exist";
            throw new FormatException(path, -1, "file", problem);
        }
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            return new FileBytes(path, channel, channel.size());
        } catch (IOException e) {
            throw new FormatException(path, -1, "file", "can't be read: " + FileProblem.reason(e), e);
        }
    }

    /// The file, as it was given.
    public Path path() {
        return path;
    }

    /// Bytes in the file when it was opened.
    public long size() {
        return size;
    }

    /// Fills the first `length` bytes of `into` from `offset` on.
    ///
    /// @throws FormatException when the file ends before, e.g. because it was cut after it was opened
    public void read(long offset, byte[] into, int length) {
        read(offset, ByteBuffer.wrap(into, 0, length));
    }

    /// The bytes `[offset, offset + length)` as a stream without a buffer of its own.
    public InputStream stream(long offset, long length) {
        return new InputStream() {
            private long at = offset;

            @Override
            public int read() {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int from, int count) {
                int n = (int) Math.min(count, offset + length - at);
                if (n <= 0) {
                    return count == 0 ? 0 : -1;
                }
                FileBytes.this.read(at, ByteBuffer.wrap(into, from, n));
                at += n;
                return n;
            }
        };
    }

    private void read(long offset, ByteBuffer into) {
        long at = offset;
        try {
            while (into.hasRemaining()) {
                int n = channel.read(into, at);
                if (n < 0) {
                    throw new FormatException(
                            path, at, "file", "ended here: " + into.remaining() + " more bytes were promised");
                }
                at += n;
            }
        } catch (ClosedChannelException e) {
            throw new IllegalStateException(path + " was closed before or while it was read", e);
        } catch (IOException e) {
            throw new FormatException(path, at, "file", "can't be read: " + FileProblem.reason(e), e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new FormatException(path, -1, "file", "can't be closed: " + FileProblem.reason(e), e);
        }
    }
}
