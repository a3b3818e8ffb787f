package dev.nla4j.model;

import dev.nla4j.tensor.MatrixProduct;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// A linear layer.
///
/// @param weight `[out, in]`
/// @param bias `[out]`
record Linear(Tensor weight, @Nullable Tensor bias) {
    /// The rows `from` to `from + count` of its outputs; views.
    Linear rows(long from, long count) {
        return new Linear(weight.narrow(0, from, count), bias == null ? null : bias.narrow(0, from, count));
    }

    /// `[..., in]` to `[..., out]`, plus what `adapter` adds.
    Tensor apply(Tensor x, @Nullable LowRank adapter) {
        Tensor y = MatrixProduct.linear(x, weight, bias);
        return adapter == null ? y : adapter.addTo(y, x);
    }
}
