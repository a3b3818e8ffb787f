package dev.nla4j.bench;

import dev.nla4j.model.Weights;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MatrixProduct;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// A model's products with its weights and nothing else: no norm, no attention, no softmax. What a step can't be
/// faster than while it multiplies the way it does.
final class Products {
    private final Weights weights;
    private final ScalarType type;

    Products(Weights weights) {
        this.weights = weights;
        this.type = weights.dtype().arithmetic();
    }

    /// The products of the first `depth` blocks for so many tokens, and of the head for some of them. Inputs are
    /// made here, before any clock starts, and belong to the caller's scope; matrices of one width share theirs.
    ///
    /// @return what multiplies once and gives the seconds it took
    DoubleSupplier of(int depth, int tokens, int headRows) {
        Map<Long, Tensor> inputs = new HashMap<>();
        for (int layer = 0; layer < depth; layer++) {
            for (Tensor weight : weights.products(layer)) {
                inputs.computeIfAbsent(weight.size(1), width -> input(tokens, width));
            }
        }
        Tensor last =
                headRows == 0 ? null : input(headRows, weights.headProduct().size(1));
        return () -> {
            long start = System.nanoTime();
            run(depth, inputs, last);
            return (System.nanoTime() - start) / 1e9;
        };
    }

    private Tensor input(long rows, long width) {
        return Tensors.zeros(DType.FP32, rows, width).fill_(HALF).to(type);
    }

    private void run(int depth, Map<Long, Tensor> inputs, @Nullable Tensor last) {
        for (int layer = 0; layer < depth; layer++) {
            for (Tensor weight : weights.products(layer)) {
                multiply(Objects.requireNonNull(inputs.get(weight.size(1))), weight);
            }
        }
        if (last != null) {
            multiply(last, weights.headProduct());
        }
    }

    private static void multiply(Tensor x, Tensor weight) {
        try (Scope _ = Scope.noGrad()) {
            MatrixProduct.linear(x, weight, null);
        }
    }

    /// Bytes of the weights that one token reads.
    long bytes() {
        long bytes = weights.headProduct().nbytes();
        for (int layer = 0; layer < weights.blocks().size(); layer++) {
            bytes += Arrays.stream(weights.products(layer))
                    .mapToLong(Tensor::nbytes)
                    .sum();
        }
        return bytes;
    }

    private static final Scalar HALF = Scope.constant(new Scalar(0.5));
}
