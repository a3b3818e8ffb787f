package dev.nla4j.model;

import dev.nla4j.tensor.MatrixProduct;
import org.bytedeco.pytorch.Tensor;

/// A low-rank addition to a linear layer (Hu et al. 2021): `x · downᵀ · upᵀ`.
///
/// @param down `[R, in]`, LoRA's A
/// @param up `[out, R]`, LoRA's B times the adapter's scale
record LowRank(Tensor down, Tensor up) {
    /// The rows `from` to `from + count` of its outputs; views.
    LowRank rows(long from, long count) {
        return new LowRank(down, up.narrow(0, from, count));
    }

    /// `x · downᵀ`, `[N, R]`: the same for all [#rows].
    ///
    /// @param x `[N, in]`
    Tensor reduced(Tensor x) {
        return MatrixProduct.linear(x, down, null);
    }

    /// Adds this to what the layer itself makes of x.
    ///
    /// @param y `[N, out]`, the caller's alone and no view; not to be used any more
    /// @param reduced of x
    Tensor addTo(Tensor y, Tensor reduced) {
        return MatrixProduct.addProduct(y, reduced, up);
    }
}
