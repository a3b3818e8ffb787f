package dev.nla4j.bench;

import dev.nla4j.model.Weights;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MatrixProduct;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
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

    /// The products of a training step through blocks `first` to before `end`, the weights frozen, an adapter of `rank`
    /// on each projection: forward, then what reaches each product's inputs, and the adapters' own gradients.
    ///
    /// @return what multiplies once and gives the seconds it took
    DoubleSupplier training(int first, int end, int tokens, int headRows, int rank) {
        List<Trained> matrices = new ArrayList<>();
        Map<Long, Tensor> inputs = new HashMap<>(); // [tokens, width]
        for (int layer = first; layer < end; layer++) {
            Tensor[] weights = this.weights.products(layer);
            for (int i = 0; i < weights.length; i++) {
                Tensor weight = weights[i];
                inputs.computeIfAbsent(weight.size(1), width -> input(tokens, width));
                inputs.computeIfAbsent(weight.size(0), width -> input(tokens, width));
                int joined = FUSED[i] * rank;
                matrices.add(new Trained(weight, input(joined, weight.size(1)), input(weight.size(0), joined)));
            }
        }
        Tensor head = headRows == 0 ? null : weights.headProduct();
        Tensor last = head == null ? null : input(headRows, head.size(1));
        Tensor logits = head == null ? null : input(headRows, head.size(0));
        return () -> {
            long start = System.nanoTime();
            for (Trained matrix : matrices) {
                matrix.multiply(
                        Objects.requireNonNull(inputs.get(matrix.weight.size(1))),
                        Objects.requireNonNull(inputs.get(matrix.weight.size(0))));
            }
            if (head != null && last != null && logits != null) {
                try (Scope _ = Scope.noGrad()) {
                    torch.linear(last, head);
                    logits.matmul(head);
                }
            }
            return (System.nanoTime() - start) / 1e9;
        };
    }

    /// A frozen matrix `[out, in]` with its adapter.
    ///
    /// @param down `[r, in]`
    /// @param up `[out, r]`
    private record Trained(Tensor weight, Tensor down, Tensor up) {
        /// @param x `[tokens, in]`
        /// @param slope of the loss by the outputs, `[tokens, out]`
        void multiply(Tensor x, Tensor slope) {
            try (Scope _ = Scope.noGrad()) {
                torch.linear(x, weight);
                Tensor narrow = torch.linear(x, down); // [tokens, r]
                torch.linear(narrow, up);
                slope.matmul(weight);
                Tensor back = slope.matmul(up); // [tokens, r]
                back.matmul(down);
                slope.t().matmul(narrow);
                back.t().matmul(x);
            }
        }
    }

    /// Projections that share each of a block's products.
    private static final int[] FUSED = {3, 1, 2, 1};

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
