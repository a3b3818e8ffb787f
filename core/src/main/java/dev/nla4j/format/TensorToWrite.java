package dev.nla4j.format;

import dev.nla4j.format.internal.Extent;
import dev.nla4j.format.internal.FloatEncoder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;

/// One tensor for a writer: what it is, and how its bytes come when their turn is there.
///
/// @param shape outermost dimension first
/// @param content writes exactly [#bytes] bytes, little endian, row-major
public record TensorToWrite(String name, StoredType type, List<Long> shape, Content content) {
    private static final int PIECE = 1 << 18;

    /// Writes a tensor's bytes, in pieces as small as the source likes.
    @FunctionalInterface
    public interface Content {
        void writeTo(WritableByteChannel out) throws IOException;
    }

    public TensorToWrite {
        shape = List.copyOf(shape);
        if (shape.stream().anyMatch(dimension -> dimension < 0)) {
            throw new IllegalArgumentException("shape: dimensions must be 0 or more, were " + shape + " in " + name);
        }
        if (!Extent.isWhole(type, shape)) {
            throw new IllegalArgumentException("shape: rows of " + type + " must be multiples of " + type.blockSize()
                    + ", was " + shape + " in " + name);
        }
    }

    /// A tensor whose bytes are already as `type` stores them, little endian.
    public static TensorToWrite ofBytes(String name, StoredType type, List<Long> shape, MemorySegment bytes) {
        TensorToWrite tensor = new TensorToWrite(name, type, shape, out -> copy(bytes, out));
        tensor.require(bytes, tensor.bytes());
        return tensor;
    }

    /// A tensor given as fp32 in native byte order, rounded or quantised to `type` while it is written.
    ///
    /// @param type `F32`, `F16`, `BF16` or `Q8_0`
    public static TensorToWrite ofF32(String name, StoredType type, List<Long> shape, MemorySegment values) {
        FloatEncoder encoder = FloatEncoder.to(type);
        TensorToWrite tensor = new TensorToWrite(name, type, shape, out -> encoder.write(name, values, out));
        tensor.require(values, Math.multiplyExact(Extent.elements(shape), Float.BYTES));
        return tensor;
    }

    /// Bytes in the file.
    public long bytes() {
        return Extent.bytes(type, shape);
    }

    private void require(MemorySegment source, long bytes) {
        if (source.byteSize() != bytes) {
            throw new IllegalArgumentException(
                    "source of " + name + ": must have " + bytes + " bytes, had " + source.byteSize());
        }
    }

    private static void copy(MemorySegment bytes, WritableByteChannel out) throws IOException {
        byte[] piece = new byte[(int) Math.min(PIECE, bytes.byteSize())];
        for (long at = 0; at < bytes.byteSize(); at += PIECE) {
            int count = (int) Math.min(PIECE, bytes.byteSize() - at);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, piece, 0, count);
            out.write(ByteBuffer.wrap(piece, 0, count));
        }
    }
}
