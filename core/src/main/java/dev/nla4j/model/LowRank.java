package dev.nla4j.model;

import dev.nla4j.tensor.Matrix;
import org.bytedeco.pytorch.Tensor;

/// A low-rank addition to a linear layer (Hu et al. 2021): `x · downᵀ · upᵀ`.
///
/// @param down `[R, in]`, LoRA's A
/// @param up `[out, R]`, LoRA's B times the adapter's scale
record LowRank(Matrix down, Matrix up) {
    /// The rows `from` to `from + count` of its outputs.
    LowRank rows(long from, long count) {
        return new LowRank(down, up.rows(from, count));
    }

    /// `x · downᵀ`, `[N, R]`: the same for all [#rows].
    ///
    /// @param x `[N, in]`
    Tensor reduced(Tensor x) {
        return down.times(x);
    }

    /// Adds this to what the layer itself makes of x.
    ///
    /// @param y `[N, out]`, the caller's alone and no view; not to be used any more
    /// @param reduced of x
    Tensor addTo(Tensor y, Tensor reduced) {
        return up.addTo(y, reduced);
    }
}
