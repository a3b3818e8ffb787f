package dev.nla4j.bench;

import dev.nla4j.model.Weights;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MatrixProduct;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// A model's products with its weights and nothing else: no norm, no attention, no softmax. What a step can't be
/// faster than while it multiplies the way it does.
final class Products {
    private final Weights weights;
    private final ScalarType type;

    Products(Weights weights) {
        this.weights = weights;
        this.type = weights.dtype().arithmetic();
    }

    /// Seconds of the products of the first `depth` blocks for so many tokens, and of the head for some of them;
    /// the median of `repeats`.
    double seconds(int depth, int tokens, int headRows, int repeats) {
        return Measure.of(1, repeats, () -> run(depth, tokens, headRows)).median();
    }

    private void run(int depth, int tokens, int headRows) {
        for (int layer = 0; layer < depth; layer++) {
            for (Tensor weight : weights.products(layer)) {
                multiply(weight, tokens);
            }
        }
        if (headRows > 0) {
            multiply(weights.headProduct(), headRows);
        }
    }

    private void multiply(Tensor weight, int rows) {
        try (Scope _ = Scope.noGrad()) {
            Tensor x =
                    Tensors.zeros(DType.FP32, rows, weight.size(1)).fill_(ONE).to(type);
            MatrixProduct.linear(x, weight, null);
        }
    }

    /// Bytes of the weights that one token reads.
    long bytes() {
        long bytes = weights.headProduct().nbytes();
        for (int layer = 0; layer < weights.blocks().size(); layer++) {
            bytes += List.of(weights.products(layer)).stream()
                    .mapToLong(Tensor::nbytes)
                    .sum();
        }
        return bytes;
    }

    private static final org.bytedeco.pytorch.Scalar ONE = Scope.constant(new org.bytedeco.pytorch.Scalar(0.5));
}
