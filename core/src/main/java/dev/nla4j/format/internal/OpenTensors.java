package dev.nla4j.format.internal;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorSource;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The tensors of one open file, all proved to lie inside it, and how they are read: in pieces of a fixed
/// size, by a few threads, so that memory beyond the target stays under half a megabyte a thread.
public abstract class OpenTensors implements TensorSource {
    /// Elements (bytes for raw reads) of one piece: a multiple of every block size, small enough for a core's cache.
    private static final int PIECE = 1 << 16;
    /// Below this a second thread costs more than it saves.
    private static final int PIECES_WORTH_SHARING = 4;
    /// Reading is bound by memory long before this.
    private static final int MOST_THREADS = 8;

    private final FileBytes file;
    private final Map<String, StoredTensor> tensors;

    /// @param tensors by name, in the order of their bytes in the file; taken over, not copied
    protected OpenTensors(FileBytes file, Map<String, StoredTensor> tensors) {
        this.file = file;
        this.tensors = Collections.unmodifiableMap(tensors);
    }

    /// Puts one piece's stored bytes to their place in the target. Belongs to one thread.
    @FunctionalInterface
    private interface Piece {
        void put(byte[] stored, long first, int elements);
    }

    @Override
    public final String location() {
        return file.path().toString();
    }

    /// In the order of their bytes in the file.
    @Override
    public final Set<String> names() {
        return tensors.keySet();
    }

    @Override
    public final StoredTensor tensor(String name) {
        @Nullable StoredTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new InputException(file.path() + " has no tensor " + FormatException.printable(name) + "; " + some());
        }
        return tensor;
    }

    @Override
    public final void readF32(String name, MemorySegment out) {
        StoredTensor tensor = real(name, out, Float.BYTES);
        inPieces(tensor, tensor.type(), tensor.elements(), out, () -> {
            FloatDecoder decoder = new FloatDecoder(tensor.type(), pieceOf(tensor.elements()));
            return (stored, first, elements) -> MemorySegment.copy(
                    decoder.toF32(stored, elements), 0, out, ValueLayout.JAVA_FLOAT_UNALIGNED, first * 4, elements);
        });
    }

    @Override
    public final void readBf16(String name, MemorySegment out) {
        StoredTensor tensor = real(name, out, Short.BYTES);
        inPieces(tensor, tensor.type(), tensor.elements(), out, () -> {
            FloatDecoder decoder = new FloatDecoder(tensor.type(), pieceOf(tensor.elements()));
            return (stored, first, elements) -> MemorySegment.copy(
                    decoder.toBf16(stored, elements), 0, out, ValueLayout.JAVA_SHORT_UNALIGNED, first * 2, elements);
        });
    }

    @Override
    public final void scanF32(String name, FloatPieces pieces) {
        StoredTensor tensor = requireReal(name);
        StoredType type = tensor.type();
        long elements = tensor.elements();
        FloatDecoder decoder = new FloatDecoder(type, pieceOf(elements));
        byte[] stored = new byte[pieceOf(elements) / type.blockSize() * type.blockBytes()];
        for (long first = 0; first < elements; first += PIECE) {
            int count = (int) Math.min(PIECE, elements - first);
            long offset = tensor.offset() + first / type.blockSize() * type.blockBytes();
            file.read(offset, stored, count / type.blockSize() * type.blockBytes());
            pieces.accept(decoder.toF32(stored, count), count);
        }
    }

    @Override
    public final void readRaw(String name, MemorySegment out) {
        StoredTensor tensor = tensor(name);
        requireSize(tensor, out, tensor.bytes());
        inPieces(
                tensor,
                StoredType.U8,
                tensor.bytes(),
                out,
                () -> (stored, first, count) ->
                        MemorySegment.copy(stored, 0, out, ValueLayout.JAVA_BYTE, first, count));
    }

    @Override
    public final void close() {
        file.close();
    }

    private StoredTensor real(String name, MemorySegment out, int bytesEach) {
        StoredTensor tensor = requireReal(name);
        requireSize(tensor, out, Math.multiplyExact(tensor.elements(), bytesEach));
        return tensor;
    }

    private StoredTensor requireReal(String name) {
        StoredTensor tensor = tensor(name);
        if (!tensor.type().isFloating()) {
            throw new InputException(file.path() + ": tensor " + FormatException.printable(name) + " holds "
                    + tensor.type() + ", real numbers are wanted");
        }
        return tensor;
    }

    private static void requireSize(StoredTensor tensor, MemorySegment out, long bytes) {
        if (out.byteSize() != bytes || out.isReadOnly()) {
            throw new IllegalArgumentException("out: must be writable and " + bytes + " bytes for tensor "
                    + tensor.name() + ", was " + out.byteSize() + (out.isReadOnly() ? ", read-only" : ""));
        }
    }

    private void inPieces(
            StoredTensor tensor, StoredType as, long elements, MemorySegment out, Supplier<Piece> perThread) {
        AtomicLong next = new AtomicLong();
        Runnable worker = () -> {
            byte[] stored = new byte[pieceOf(elements) / as.blockSize() * as.blockBytes()];
            Piece piece = perThread.get();
            for (long first = next.getAndAdd(PIECE); first < elements; first = next.getAndAdd(PIECE)) {
                int count = (int) Math.min(PIECE, elements - first);
                long offset = tensor.offset() + first / as.blockSize() * as.blockBytes();
                file.read(offset, stored, count / as.blockSize() * as.blockBytes());
                piece.put(stored, first, count);
            }
        };
        int threads = threads(elements, out);
        if (threads == 1) {
            worker.run();
        } else {
            IntStream.range(0, threads).parallel().forEach(i -> worker.run());
        }
    }

    private static int threads(long elements, MemorySegment out) {
        long pieces = elements / PIECE;
        // memory of a confined arena belongs to one thread
        if (pieces < PIECES_WORTH_SHARING || !out.isAccessibleBy(new Thread())) {
            return 1;
        }
        int cores = Runtime.getRuntime().availableProcessors();
        return (int) Math.min(pieces, Math.min(cores, MOST_THREADS));
    }

    private static int pieceOf(long elements) {
        return (int) Math.min(PIECE, elements);
    }

    private String some() {
        String first = FormatException.printable(
                String.join(", ", tensors.keySet().stream().limit(4).toList()));
        return tensors.isEmpty() ? "it holds none" : "it holds " + tensors.size() + ", such as " + first;
    }
}
