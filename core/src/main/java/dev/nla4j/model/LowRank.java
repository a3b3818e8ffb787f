package dev.nla4j.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// A low-rank addition to a linear layer (Hu et al. 2021): `x · downᵀ · upᵀ`.
///
/// @param down `[R, in]`, LoRA's A
/// @param up `[out, R]`, LoRA's B times the adapter's scale
record LowRank(Tensor down, Tensor up) {
    /// `[..., in]` to `[..., out]`.
    Tensor apply(Tensor x) {
        return torch.linear(torch.linear(x, down), up);
    }
}
