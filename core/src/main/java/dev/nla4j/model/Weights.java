package dev.nla4j.model;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// A model's tensors, owned here: one copy serves every decoder that stands on it, whatever adapter each has.
///
/// @param embedding `[V, D]` in the compute dtype
/// @param finalNorm `[D]` fp32; null in a trunk
/// @param head `[V, D]`; null in a trunk and where it is tied
/// @param tied whether the head is the embedding table
public record Weights(
        DType dtype,
        Tensor embedding,
        List<Block> blocks,
        @Nullable Tensor finalNorm,
        @Nullable Tensor head,
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
        private void addTo(List<@Nullable Tensor> all) {
            all.add(inputNorm);
            for (Linear linear : List.of(queryKeyValue, output, gateUp, down)) {
                all.add(linear.weight());
                all.add(linear.bias());
            }
            all.add(queryNorm);
            all.add(keyNorm);
            all.add(postAttentionNorm);
            all.add(feedForwardNorm);
            all.add(postFeedForwardNorm);
        }
    }

    /// Lets every tensor outlive `scope`.
    void keepIn(Scope scope) {
        tensors().forEach(scope::keep);
    }

    /// The matrices that block `layer` multiplies with, in their order.
    public Tensor[] products(int layer) {
        Block block = blocks.get(layer);
        return new Tensor[] {
            block.queryKeyValue().weight(),
            block.output().weight(),
            block.gateUp().weight(),
            block.down().weight()
        };
    }

    /// The matrix that gives logits, `[V, D]`.
    public Tensor headProduct() {
        Tensor matrix = tied ? embedding : head;
        if (matrix == null) {
            throw new IllegalStateException("a trunk has no head");
        }
        return matrix;
    }

    /// Bytes of native memory held.
    public long bytes() {
        return tensors().stream().mapToLong(Tensor::nbytes).sum();
    }

    @Override
    public void close() {
        tensors().forEach(Tensor::close);
    }

    private List<Tensor> tensors() {
        List<@Nullable Tensor> all = new ArrayList<>();
        all.add(embedding);
        blocks.forEach(block -> block.addTo(all));
        all.add(finalNorm);
        all.add(head);
        List<Tensor> present = new ArrayList<>();
        for (Tensor tensor : all) {
            if (tensor != null) {
                present.add(tensor);
            }
        }
        return present;
    }
}
