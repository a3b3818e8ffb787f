package dev.nla4j.model;

import dev.nla4j.model.ModelConfig.Activation;
import dev.nla4j.tensor.Matrix;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// The gated feed-forward layer (Shazeer 2020): `down(activation(gate(x)) · up(x))`.
final class FeedForward {
    /// Tokens that go through at once where no gradient is recorded: what is between the products is wide.
    private static final int MOST_ROWS = 4096;
    /// Rows of that width which are alive together: gate, up, and what was put together of parts.
    private static final int WIDTHS = 3;

    /// Rows of so many numbers, of bf16 too, leave nothing over for two threads.
    private static final long SHARED_VECTORS = 4L * FlashAttention.VECTOR;

    private FeedForward() {}

    /// `[B, T, D]` to `[B, T, D]`.
    static Tensor apply(Tensor x, Weights.Block weights, @Nullable BlockAdapter adapter, ModelConfig config) {
        Tensor flat = x.reshape(-1, config.dim()); // [N, D]
        if (GradMode.is_enabled() || flat.size(0) <= MOST_ROWS) {
            return rows(flat, weights, adapter, config).view(Shapes.of(x));
        }
        Tensor all = Tensors.empty(flat.scalar_type().intern(), flat.size(0), config.dim());
        for (long from = 0; from < flat.size(0); from += MOST_ROWS) {
            try (Scope _ = Scope.noGrad()) {
                long count = Math.min(MOST_ROWS, flat.size(0) - from);
                all.narrow(0, from, count).copy_(rows(flat.narrow(0, from, count), weights, adapter, config));
            }
        }
        return all.view(Shapes.of(x));
    }

    /// Bytes of what is between the products while so many tokens go through.
    static double bytes(ModelConfig config, int tokens) {
        int widths = config.hidden() % SHARED_VECTORS == 0 ? WIDTHS : WIDTHS + 1; // the gate filled up
        return (double) widths * Math.min(tokens, MOST_ROWS) * config.hidden() * Float.BYTES;
    }

    /// `[N, D]` to `[N, D]`.
    private static Tensor rows(Tensor flat, Weights.Block weights, @Nullable BlockAdapter adapter, ModelConfig config) {
        LowRank added = adapter == null ? null : adapter.gateUp();
        long hidden = config.hidden();
        Tensor activated; // [N, F]
        Tensor up; // [N, F]
        boolean learns = GradMode.is_enabled();
        // Gradients of halves of a weight that learns would be put together again.
        Matrix matrix = weights.gateUp().matrix();
        if (matrix.isCutFreely(flat.size(0)) && !matrix.learns()) {
            Tensor reduced = added == null ? null : added.reduced(flat);
            Linear first = weights.gateUp().rows(0, hidden);
            activated = added == null
                            && first.bias() == null
                            && config.activation() == Activation.SILU
                            && first.matrix().fuses()
                    ? first.matrix().silu(flat)
                    : activated(part(flat, weights, added, reduced, 0, hidden), config.activation());
            up = part(flat, weights, added, reduced, hidden, hidden);
        } else {
            Tensor[] halves = Tensors.split(weights.gateUp().apply(flat, added), -1, hidden, hidden);
            activated = activated(halves[0], config.activation());
            up = halves[1];
        }
        Tensor product = learns ? activated.mul(up) : activated.mul_(up);
        return weights.down().apply(product, adapter == null ? null : adapter.down());
    }

    private static Tensor part(
            Tensor flat,
            Weights.Block weights,
            @Nullable LowRank added,
            @Nullable Tensor reduced,
            long from,
            long count) {
        return weights.gateUp().rows(from, count).apply(flat, added == null ? null : added.rows(from, count), reduced);
    }

    /// libtorch computes what is left over after whole vectors by another formula. Rows of whole vectors leave
    /// nothing, and others are filled up: no bit follows from the rows beside it or the number of threads.
    ///
    /// @param gate `[N, F]`
    static Tensor activated(Tensor gate, Activation activation) {
        long width = gate.size(1);
        long missing = GradMode.is_enabled() ? 0 : Math.floorMod(-width, SHARED_VECTORS);
        Tensor whole = missing == 0 ? gate : torch.constant_pad_nd(gate, new long[] {0, missing});
        Tensor activated = switch (activation) {
            case SILU -> torch.silu(whole);
            case GELU_TANH -> torch.gelu(whole, "tanh");
            case GELU -> torch.gelu(whole);
        };
        return missing == 0 ? activated : activated.narrow(1, 0, width);
    }
}
