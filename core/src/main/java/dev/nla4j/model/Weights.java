package dev.nla4j.model;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Matrix;
import dev.nla4j.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// A model's tensors, owned here: one copy serves every decoder that stands on it, whatever adapter each has.
///
/// @param embedding `[V, D]` in the compute dtype
/// @param finalNorm `[D]` fp32; null in a trunk
/// @param head `[V, D]`; null in a trunk, and where it is tied unless the copy that is multiplied has another form
/// @param tied whether the head is the embedding table
public record Weights(
        DType dtype,
        Tensor embedding,
        List<Block> blocks,
        @Nullable Tensor finalNorm,
        @Nullable Matrix head,
        boolean tied)
        implements AutoCloseable {
    public Weights {
        blocks = List.copyOf(blocks);
    }

    /// One block's tensors; norms are fp32 with every offset already added.
    ///
    /// @param queryKeyValue fused: rows of all queries, then keys, then values
    /// @param gateUp fused: rows of gate, then of up
    /// @param queryNorm `[d]`, null where heads have no norm
    public record Block(
            Tensor inputNorm,
            Linear queryKeyValue,
            @Nullable Tensor queryNorm,
            @Nullable Tensor keyNorm,
            Linear output,
            @Nullable Tensor postAttentionNorm,
            Tensor feedForwardNorm,
            Linear gateUp,
            Linear down,
            @Nullable Tensor postFeedForwardNorm) {
        /// A block of what `change` makes of each tensor.
        Block map(Change change) {
            return new Block(
                    change.of(Part.INPUT_NORM, false, inputNorm),
                    linear(change, Part.QUERY_KEY_VALUE, queryKeyValue),
                    norm(change, Part.QUERY_NORM, queryNorm),
                    norm(change, Part.KEY_NORM, keyNorm),
                    linear(change, Part.ATTENTION_OUTPUT, output),
                    norm(change, Part.POST_ATTENTION_NORM, postAttentionNorm),
                    change.of(Part.FEED_FORWARD_NORM, false, feedForwardNorm),
                    linear(change, Part.GATE_UP, gateUp),
                    linear(change, Part.DOWN, down),
                    norm(change, Part.POST_FEED_FORWARD_NORM, postFeedForwardNorm));
        }

        private static Linear linear(Change change, Part part, Linear linear) {
            Tensor bias = linear.bias();
            return new Linear(
                    change.of(part, false, linear.matrix().tensor()),
                    bias == null ? null : change.of(part, true, bias));
        }

        private static @Nullable Tensor norm(Change change, Part part, @Nullable Tensor norm) {
            return norm == null ? null : change.of(part, false, norm);
        }

        List<Linear> linears() {
            return List.of(queryKeyValue, output, gateUp, down);
        }

        private void addTo(List<@Nullable Tensor> all) {
            all.add(inputNorm);
            linears().forEach(linear -> all.add(linear.bias()));
            all.add(queryNorm);
            all.add(keyNorm);
            all.add(postAttentionNorm);
            all.add(feedForwardNorm);
            all.add(postFeedForwardNorm);
        }
    }

    /// What is made of a block's tensor.
    @FunctionalInterface
    interface Change {
        /// What stands in its place.
        ///
        /// @param part which it is; projections are fused
        /// @param bias whether it is that part's bias
        Tensor of(Part part, boolean bias, Tensor tensor);
    }

    /// Lets every tensor outlive `scope`.
    void keepIn(Scope scope) {
        tensors().forEach(scope::keep);
        matrices().forEach(matrix -> matrix.keepIn(scope));
    }

    /// The matrices that block `layer` multiplies with, in their order.
    public List<Matrix> products(int layer) {
        return blocks.get(layer).linears().stream().map(Linear::matrix).toList();
    }

    /// The matrix that gives logits, `[V, D]`.
    public Matrix headProduct() {
        if (head != null) {
            return head;
        }
        if (!tied) {
            throw new IllegalStateException("a trunk has no head");
        }
        return Matrix.stored(embedding);
    }

    /// Bytes of native memory held.
    public long bytes() {
        return tensors().stream().mapToLong(Tensor::nbytes).sum()
                + matrices().stream().mapToLong(Matrix::bytes).sum();
    }

    @Override
    public void close() {
        tensors().forEach(Tensor::close);
        matrices().forEach(Matrix::close);
    }

    private List<Matrix> matrices() {
        List<Matrix> all = new ArrayList<>();
        for (int layer = 0; layer < blocks.size(); layer++) {
            all.addAll(products(layer));
        }
        if (head != null) {
            all.add(head);
        }
        return all;
    }

    private List<Tensor> tensors() {
        List<@Nullable Tensor> all = new ArrayList<>();
        all.add(embedding);
        blocks.forEach(block -> block.addTo(all));
        all.add(finalNorm);
        List<Tensor> present = new ArrayList<>();
        for (Tensor tensor : all) {
            if (tensor != null) {
                present.add(tensor);
            }
        }
        return present;
    }
}
