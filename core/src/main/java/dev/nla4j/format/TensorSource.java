package dev.nla4j.format;

import java.lang.foreign.MemorySegment;
import java.util.Set;

/// Named tensors in one file or a set of shards, read into memory the caller owns.
///
/// Implementations copy (never hand out views of a mapping: a file truncated under a mapping kills the JVM) in bounded
/// pieces, so reading costs no memory beyond the target.
public interface TensorSource extends AutoCloseable {
    /// The file or folder, for messages.
    String location();

    Set<String> names();

    /// One tensor's type, shape and place.
    ///
    /// @throws InputException when there is no such tensor; the message names the file and what is there
    StoredTensor tensor(String name);

    /// Reads (dequantising or widening where needed) all elements in row-major order as fp32, native byte order.
    /// Integer and boolean tensors are refused.
    ///
    /// @param out exactly 4 bytes an element
    void readF32(String name, MemorySegment out);

    /// As [#readF32], with each element rounded once to bf16 (nearest, ties to even; NaN stays NaN).
    ///
    /// @param out exactly 2 bytes an element
    void readBf16(String name, MemorySegment out);

    /// Hands all elements to `pieces` as fp32, in row-major order, a bounded number at a time: a tensor of any size is
    /// looked at in less than a megabyte.
    void scanF32(String name, FloatPieces pieces);

    /// Receives a tensor's elements in order.
    @FunctionalInterface
    interface FloatPieces {
        /// Takes the next piece.
        ///
        /// @param values overwritten by the piece after it
        /// @param count how many of them count
        void accept(float[] values, int count);
    }

    /// The bytes as they are in the file.
    ///
    /// @param out exactly [StoredTensor#bytes] long
    void readRaw(String name, MemorySegment out);

    @Override
    void close();
}
