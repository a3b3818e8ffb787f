package dev.nla4j.model;

import dev.nla4j.tensor.Matrix;
import dev.nla4j.tensor.Shapes;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// A linear layer.
///
/// @param matrix `[out, in]`
/// @param bias `[out]`
record Linear(Matrix matrix, @Nullable Tensor bias) {
    /// Of a matrix as it is stored.
    Linear(Tensor weight, @Nullable Tensor bias) {
        this(Matrix.stored(weight), bias);
    }

    /// The rows `from` to `from + count` of its outputs; views.
    Linear rows(long from, long count) {
        return new Linear(matrix.rows(from, count), bias == null ? null : bias.narrow(0, from, count));
    }

    /// `[..., in]` to `[..., out]`, plus what `adapter` adds.
    Tensor apply(Tensor x, @Nullable LowRank adapter) {
        if (adapter == null) {
            return plain(x);
        }
        // As a matrix, so that what the adapter adds takes one pass over it, also where gradients are recorded.
        Tensor flat = x.reshape(-1, matrix.inputs());
        return apply(flat, adapter, adapter.reduced(flat)).view(Shapes.withLast(x, matrix.outputs()));
    }

    /// As [#apply] for `[N, in]`, with the adapter's first product made already.
    Tensor apply(Tensor x, @Nullable LowRank adapter, @Nullable Tensor reduced) {
        Tensor y = plain(x);
        return adapter == null || reduced == null ? y : adapter.addTo(y, reduced);
    }

    private Tensor plain(Tensor x) {
        Tensor product = matrix.times(x);
        return bias == null ? product : product.add(bias.to(product.scalar_type()));
    }
}
