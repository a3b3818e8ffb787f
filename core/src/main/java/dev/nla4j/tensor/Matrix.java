package dev.nla4j.tensor;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/// A weight matrix `[out, in]` in the form that it is multiplied in.
public sealed interface Matrix extends AutoCloseable permits StoredMatrix, PackedMatrix {
    /// One that is multiplied as it is stored, with gradients where they are recorded.
    ///
    /// @param tensor `[out, in]`; closed with the matrix
    static Matrix stored(Tensor tensor) {
        return new StoredMatrix(tensor);
    }

    /// One for products without gradients, laid out anew where this processor multiplies its numbers faster so. Empty
    /// where it does not, or where they can't be.
    ///
    /// @param tensor `[out, in]`, not used any more afterwards
    static Optional<Matrix> packed(Tensor tensor) {
        return PackedMatrix.suits(DType.BF16) && PackedMatrix.holds(tensor)
                ? Optional.of(PackedMatrix.of(tensor))
                : Optional.empty();
    }

    /// Whether [#packed] lays out matrices of this dtype.
    static boolean packs(DType dtype) {
        return PackedMatrix.suits(dtype);
    }

    /// Bytes that a matrix takes which [#packed] has laid out.
    static long packedBytes(long outputs, long inputs) {
        return PackedMatrix.bytes(outputs, inputs);
    }

    /// Bytes that [#packed] takes for so many numbers besides what it makes.
    static long bytesMeanwhile(long numbers) {
        return PackedMatrix.bytesMeanwhile(numbers);
    }

    long outputs();

    long inputs();

    /// `x · Wᵀ`: `[..., in]` to `[..., out]` in x's type. The result is the caller's alone and may be overwritten.
    Tensor times(Tensor x);

    /// The rows `from` to `from + count`, which belong to this one: outputs of their own.
    Matrix rows(long from, long count);

    /// Whether products with [#rows] take no longer than their share.
    boolean isCutFreely();

    /// Whether gradients are recorded for it.
    boolean learns();

    /// The numbers as they were loaded.
    ///
    /// @throws IllegalStateException when they are kept in another form
    Tensor tensor();

    /// Lets it outlive `scope`.
    void keepIn(Scope scope);

    /// Bytes of native memory held.
    long bytes();

    @Override
    void close();
}
