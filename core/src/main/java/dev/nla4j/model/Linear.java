package dev.nla4j.model;

import dev.nla4j.tensor.MatrixProduct;
import dev.nla4j.tensor.Shapes;
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
        if (adapter == null) {
            return MatrixProduct.linear(x, weight, bias);
        }
        // As a matrix, so that what the adapter adds is added in place, also where gradients are recorded.
        Tensor flat = x.reshape(-1, weight.size(1));
        return apply(flat, adapter, adapter.reduced(flat)).view(Shapes.withLast(x, weight.size(0)));
    }

    /// As [#apply] for `[N, in]`, with the adapter's first product made already.
    Tensor apply(Tensor x, @Nullable LowRank adapter, @Nullable Tensor reduced) {
        Tensor y = MatrixProduct.linear(x, weight, bias);
        return adapter == null || reduced == null ? y : adapter.addTo(y, reduced);
    }
}
