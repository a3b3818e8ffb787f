package dev.nla4j.format;

import java.nio.file.Path;
import java.util.List;

/// One tensor of a file, its place already proved to lie inside the file.
///
/// @param shape outermost dimension first (as PyTorch prints it), also for GGUF, whose file order is the reverse
/// @param offset of the first byte in `file`
/// @param bytes exactly what `shape` and `type` need
public record StoredTensor(Path file, String name, StoredType type, List<Long> shape, long offset, long bytes) {
    public StoredTensor {
        shape = List.copyOf(shape);
    }

    /// Number of elements.
    public long elements() {
        return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
    }
}
