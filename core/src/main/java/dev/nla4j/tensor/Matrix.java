package dev.nla4j.tensor;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// A weight matrix `[out, in]` in the form that it is multiplied in.
public sealed interface Matrix extends AutoCloseable permits StoredMatrix, PackedMatrix {
    /// One that is multiplied as it is stored, with gradients where they are recorded.
    ///
    /// @param tensor `[out, in]`; closed with the matrix
    static Matrix stored(Tensor tensor) {
        return new StoredMatrix(tensor);
    }

    /// One for products without gradients, in the fastest form this processor has.
    ///
    /// @param tensor `[out, in]`; not used any more where the form is another one
    static Matrix forReading(Tensor tensor) {
        return PackedMatrix.suits(DType.BF16) && PackedMatrix.holds(tensor) ? PackedMatrix.of(tensor) : stored(tensor);
    }

    /// Whether matrices of this dtype that [#forReading] makes may be [#joined].
    static boolean joins(DType dtype) {
        return PackedMatrix.suits(dtype) && OneDnnWeights.isThere();
    }

    /// Two that [#forReading] made as one, the second's outputs behind the first's; each can still be
    /// multiplied with by itself, as [#rows]. Where [#joins] says so.
    static Matrix joined(Matrix first, Matrix second) {
        return PackedMatrix.joined((PackedMatrix) first, (PackedMatrix) second);
    }

    /// Whether [#forReading] makes another form of matrices of this dtype.
    static boolean packs(DType dtype) {
        return PackedMatrix.suits(dtype);
    }

    /// Bytes of a matrix that [#forReading] makes, where it makes another form.
    static long packedBytes(long outputs, long inputs) {
        return PackedMatrix.bytes(outputs, inputs);
    }

    /// Bytes that [#forReading] takes for so many numbers besides what it makes, where it makes another form.
    static long bytesMeanwhile(long numbers) {
        return PackedMatrix.bytesMeanwhile(numbers);
    }

    long outputs();

    long inputs();

    /// `x · Wᵀ`: `[..., in]` to `[..., out]` in x's type. The result is the caller's alone and may be overwritten.
    Tensor times(Tensor x);

    /// `y + x · Wᵀ` in one pass over y where that can be.
    ///
    /// @param y `[N, out]` in the arithmetic's type, no view; may be overwritten, so not to be used any more
    /// @param x `[N, in]` in the same type
    Tensor addTo(Tensor y, Tensor x);

    /// The rows `from` to `from + count`, which belong to this one: outputs of their own.
    Matrix rows(long from, long count);

    /// Whether products of so many rows with parts that it was made of ([#rows]) take no longer than their share.
    boolean isCutFreely(long rows);

    /// What it was [#joined] of, to be multiplied with apart; itself where it is one.
    List<Matrix> parts();

    /// Whether [#silu] is one operator here.
    boolean fuses();

    /// `silu(x · Wᵀ)`, as [#times], not rounded before the function.
    ///
    /// @throws UnsupportedOperationException where it is no operator
    Tensor silu(Tensor x);

    /// Whether gradients are recorded for it.
    boolean learns();

    /// The numbers as they were loaded.
    ///
    /// @throws IllegalStateException when they are kept in another form
    Tensor tensor();

    /// Lets it outlive `scope`.
    void keepIn(Scope scope);

    /// Lets it outlive `scope` and all around it: the caller owns it and must close it.
    void release(Scope scope);

    /// Bytes of native memory held.
    long bytes();

    @Override
    void close();
}
