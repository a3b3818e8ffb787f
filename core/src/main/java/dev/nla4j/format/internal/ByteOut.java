package dev.nla4j.format.internal;

import dev.nla4j.format.TensorToWrite;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A file being written from its start, which knows where it is.
public final class ByteOut implements WritableByteChannel {
    private final FileChannel channel;
    private long position;

    private ByteOut(FileChannel channel) {
        this.channel = channel;
    }

    /// Overwrites `file`.
    public static ByteOut to(Path file) throws IOException {
        return new ByteOut(FileChannel.open(
                file, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING));
    }

    /// Writes all of `bytes`.
    @Override
    public int write(ByteBuffer bytes) throws IOException {
        int count = bytes.remaining();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        position += count;
        return count;
    }

    /// Lets a tensor write itself and holds it to its size.
    public void write(TensorToWrite tensor) throws IOException {
        long before = position;
        tensor.content().writeTo(this);
        if (position - before != tensor.bytes()) {
            throw new IllegalStateException("tensor " + tensor.name() + " wrote " + (position - before)
                    + " bytes, its shape and type need " + tensor.bytes());
        }
    }

    /// Writes zeros up to the next multiple of `alignment`.
    public void pad(int alignment) throws IOException {
        write(ByteBuffer.allocate((int) (-position & (alignment - 1))));
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
