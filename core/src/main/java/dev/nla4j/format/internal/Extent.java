package dev.nla4j.format.internal;

import dev.nla4j.format.StoredType;
import java.util.List;

/// How much room a tensor takes, in arithmetic that never wraps around.
public final class Extent {
    private Extent() {}

    /// Number of elements of a shape; 1 for no dimensions.
    ///
    /// @throws ArithmeticException when it does not fit in 63 bits
    public static long elements(List<Long> shape) {
        long product = 1;
        for (long dimension : shape) {
            product = Math.multiplyExact(product, dimension);
        }
        return product;
    }

    /// Bytes of a tensor whose innermost dimension is known to hold whole blocks.
    ///
    /// @throws ArithmeticException when it does not fit in 63 bits
    public static long bytes(StoredType type, List<Long> shape) {
        return Math.multiplyExact(elements(shape) / type.blockSize(), (long) type.blockBytes());
    }

    /// Whether the innermost dimension holds whole blocks of `type`.
    public static boolean isWhole(StoredType type, List<Long> shape) {
        long row = shape.isEmpty() ? 1 : shape.getLast();
        return row % type.blockSize() == 0;
    }
}
