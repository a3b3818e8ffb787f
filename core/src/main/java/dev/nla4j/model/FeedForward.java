package dev.nla4j.model;

import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// The gated feed-forward layer (Shazeer 2020): `down(activation(gate(x)) · up(x))`.
final class FeedForward {
    private FeedForward() {}

    /// `[B, T, D]` to `[B, T, D]`.
    static Tensor apply(Tensor x, Weights.Block weights, @Nullable BlockAdapter adapter, ModelConfig config) {
        Tensor gateUp = weights.gateUp().apply(x, adapter == null ? null : adapter.gateUp()); // [B, T, 2F]
        Tensor[] halves = Tensors.split(gateUp, -1, config.hidden(), config.hidden());
        Tensor gate = halves[0];
        Tensor up = halves[1];
        Tensor activated = switch (config.activation()) {
            case SILU -> torch.silu(gate);
            case GELU_TANH -> torch.gelu(gate, "tanh");
            case GELU -> torch.gelu(gate);
        };
        return weights.down().apply(activated.mul(up), adapter == null ? null : adapter.down());
    }
}
