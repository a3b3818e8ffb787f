package dev.nla4j.bench;

import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.Weights;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Matrix;
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

/// A model's products and nothing else: no norm, no softmax. What a step can't be faster than while it
/// multiplies the way it does.
final class Products {
    private final Weights weights;
    private final ScalarType type;
    private final ModelConfig.Heads heads;

    Products(Weights weights, ModelConfig.Heads heads) {
        this.weights = weights;
        this.heads = heads;
        this.type = weights.dtype().arithmetic();
    }

    /// The products with the weights of the first `depth` blocks for so many tokens, and of the head for some
    /// of them; attention is left out: [#attending]. Inputs are made here, before any clock starts, and belong
    /// to the caller's scope; matrices of one width share theirs.
    ///
    /// @return what multiplies once and gives the seconds it took
    DoubleSupplier of(int depth, int tokens, int headRows) {
        Map<Long, Tensor> inputs = new HashMap<>();
        for (int layer = 0; layer < depth; layer++) {
            for (Matrix matrix : weights.products(layer)) {
                inputs.computeIfAbsent(matrix.inputs(), width -> input(tokens, width));
            }
        }
        Tensor last =
                headRows == 0 ? null : input(headRows, weights.headProduct().inputs());
        return () -> {
            long start = System.nanoTime();
            run(depth, inputs, last);
            return (System.nanoTime() - start) / 1e9;
        };
    }

    /// The products of the last block for one token of each row: keys and values of all tokens, the rest of one.
    ///
    /// @param queries outputs of the first product that are queries
    DoubleSupplier lastBlock(int layer, long queries, int tokens, int rows) {
        List<Matrix> matrices = weights.products(layer);
        Matrix first = matrices.getFirst();
        Matrix keyValue = first.rows(queries, first.outputs() - queries);
        Matrix query = first.rows(0, queries);
        Tensor all = input(tokens, first.inputs());
        List<Tensor> some =
                matrices.stream().map(matrix -> input(rows, matrix.inputs())).toList();
        return () -> {
            long start = System.nanoTime();
            multiply(all, keyValue);
            multiply(some.getFirst(), query);
            for (int i = 1; i < matrices.size(); i++) {
                multiply(some.get(i), matrices.get(i));
            }
            return (System.nanoTime() - start) / 1e9;
        };
    }

    private Tensor input(long rows, long width) {
        return Tensors.zeros(DType.FP32, rows, width).fill_(HALF).to(type);
    }

    private void run(int depth, Map<Long, Tensor> inputs, @Nullable Tensor last) {
        for (int layer = 0; layer < depth; layer++) {
            for (Matrix matrix : weights.products(layer)) {
                multiply(Objects.requireNonNull(inputs.get(matrix.inputs())), matrix);
            }
        }
        if (last != null) {
            multiply(last, weights.headProduct());
        }
    }

    /// As the program does: what was joined is multiplied with apart, and not put together.
    private static void multiply(Tensor x, Matrix matrix) {
        for (Matrix part : matrix.parts()) {
            try (Scope _ = Scope.noGrad()) {
                part.times(x);
            }
        }
    }

    /// What one block's attention multiplies: so many times M queries with S keys, then their weights with S values.
    record Attended(long times, long queries, long keys) {}

    /// Queries of so many tokens in each row, over so many keys, of all heads.
    Attended attended(int rows, int tokens, int seen) {
        int group = heads.queries() / heads.keyValues();
        return new Attended((long) rows * heads.keyValues(), (long) group * tokens, seen);
    }

    /// The products of `depth` blocks' attention, forward.
    DoubleSupplier attending(int depth, Attended attended) {
        Scored scored = scored(attended);
        return () -> {
            long start = System.nanoTime();
            for (int layer = 0; layer < depth; layer++) {
                scored.forward();
            }
            return (System.nanoTime() - start) / 1e9;
        };
    }

    private Scored scored(Attended part) {
        return new Scored(
                batch(part.times(), part.queries(), heads.width()),
                batch(part.times(), part.keys(), heads.width()),
                batch(part.times(), part.queries(), part.keys()));
    }

    /// The products of a training step through blocks `first` to before `end`, the weights frozen, an adapter
    /// of `rank` on each projection: forward, then what reaches each product's inputs, and the adapters' own
    /// gradients; those between queries, keys and values, too. Weights narrower than the arithmetic are
    /// widened, as training does.
    ///
    /// @return what multiplies once and gives the seconds it took
    DoubleSupplier training(int first, int end, int tokens, int headRows, int rank, Attended... attention) {
        List<Trained> matrices = new ArrayList<>();
        Map<Long, Tensor> inputs = new HashMap<>(); // [tokens, width]
        for (int layer = first; layer < end; layer++) {
            List<Matrix> products = weights.products(layer);
            for (int i = 0; i < products.size(); i++) {
                Tensor weight = products.get(i).tensor();
                inputs.computeIfAbsent(weight.size(1), width -> input(tokens, width));
                inputs.computeIfAbsent(weight.size(0), width -> input(tokens, width));
                int joined = FUSED[i] * rank;
                matrices.add(new Trained(weight, input(joined, weight.size(1)), input(weight.size(0), joined)));
            }
        }
        List<Scored> scored = Arrays.stream(attention).map(this::scored).toList();
        Tensor head = headRows == 0 ? null : weights.headProduct().tensor();
        Tensor last = head == null ? null : input(headRows, head.size(1));
        Tensor logits = head == null ? null : input(headRows, head.size(0));
        return () -> {
            long start = System.nanoTime();
            for (Trained matrix : matrices) {
                matrix.multiply(
                        Objects.requireNonNull(inputs.get(matrix.weight.size(1))),
                        Objects.requireNonNull(inputs.get(matrix.weight.size(0))));
            }
            for (int layer = first; layer < end; layer++) {
                scored.forEach(Scored::multiply);
            }
            if (head != null && last != null && logits != null) {
                try (Scope _ = Scope.noGrad()) {
                    Tensor wide = Tensors.as(type, head);
                    torch.linear(last, wide);
                    logits.matmul(wide);
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
                Tensor weight = Tensors.as(x.scalar_type().intern(), this.weight);
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

    /// Queries `[N, M, d]`, keys or values `[N, S, d]`, scores `[N, M, S]` of a block's attention.
    private record Scored(Tensor query, Tensor key, Tensor scores) {
        void forward() {
            try (Scope _ = Scope.noGrad()) {
                torch.bmm(query, key.transpose(1, 2));
                torch.bmm(scores, key);
            }
        }

        void multiply() {
            forward();
            try (Scope _ = Scope.noGrad()) {
                torch.bmm(query, key.transpose(1, 2)); // of the weights
                torch.bmm(scores.transpose(1, 2), query); // of the values
                torch.bmm(scores, key); // of the queries
                torch.bmm(scores.transpose(1, 2), query); // of the keys
            }
        }
    }

    private Tensor batch(long times, long rows, long columns) {
        return input(times * rows, columns).view(times, rows, columns);
    }

    /// Projections that share each of a block's products.
    private static final int[] FUSED = {3, 1, 2, 1};

    /// Bytes of the weights that one token reads: without what a packed matrix is filled up with.
    long bytes() {
        long numbers = numbers(weights.headProduct());
        for (int layer = 0; layer < weights.blocks().size(); layer++) {
            numbers += weights.products(layer).stream()
                    .mapToLong(Products::numbers)
                    .sum();
        }
        return numbers * weights.dtype().bytes();
    }

    private static long numbers(Matrix matrix) {
        return matrix.outputs() * matrix.inputs();
    }

    private static final Scalar HALF = Scope.constant(new Scalar(0.5));
}
