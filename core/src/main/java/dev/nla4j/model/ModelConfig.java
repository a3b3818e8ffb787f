package dev.nla4j.model;

import java.util.List;

/// Every number in which the families differ; [Decoder] has no other source of truth.
///
/// @param vocabulary rows of the embedding table, V
/// @param dim width of the residual stream, D
/// @param hidden width of the feed-forward layer, F
/// @param layers one entry a block: its window and its rope
/// @param embedScale factor on looked-up embeddings (Gemma: root of D)
/// @param logitCap c in `c * tanh(logits / c)`; 0 for none
/// @param tiedHead whether the head is the embedding table
/// @param contextLength longest text the model was made for, in tokens
/// @param stopIds ids that end a generation
public record ModelConfig(
        Family family,
        int vocabulary,
        int dim,
        int hidden,
        Heads heads,
        Norm norm,
        Activation activation,
        List<Layer> layers,
        double embedScale,
        double logitCap,
        boolean tiedHead,
        int contextLength,
        List<Integer> stopIds) {
    private static final int WIDEST = 1 << 20;

    public ModelConfig {
        layers = List.copyOf(layers);
        stopIds = List.copyOf(stopIds);
        require("vocab_size", vocabulary, 1, 1 << 24);
        require("hidden_size", dim, 1, WIDEST);
        require("intermediate_size", hidden, 1, WIDEST);
        require("num_hidden_layers", layers.size(), 1, 1024);
        require("max_position_embeddings", contextLength, 1, Integer.MAX_VALUE);
        for (Layer layer : layers) {
            if (layer.rope().width() > heads.width()) {
                throw new IllegalArgumentException("rotary width: must be at most the head's width " + heads.width()
                        + ", was " + layer.rope().width());
            }
        }
        for (int id : stopIds) {
            require("eos_token_id", id, 0, vocabulary - 1);
        }
    }

    /// Number of blocks.
    public int numLayers() {
        return layers.size();
    }

    /// Texts of one class have their positions turned alike: all texts, where no rope's scaling depends on the length.
    /// What was read of a text of another class can't be gone on with. Never falls as the length grows.
    public int lengthClass(long length) {
        return layers.stream()
                .map(Layer::rope)
                .distinct()
                .mapToInt(rope -> rope.scaling().lengthClass(Math.toIntExact(length)))
                .sum();
    }

    /// The same model with only its first `count` blocks.
    public ModelConfig truncated(int count) {
        return withLayers(layers.subList(0, count));
    }

    /// The same model with rotary frequencies rounded to bf16; see [RopeScaling.RoundedToBf16].
    public ModelConfig withRoundedFrequencies() {
        return withLayers(layers.stream()
                .map(layer -> new Layer(
                        layer.window(),
                        new Rope(
                                layer.rope().theta(),
                                layer.rope().width(),
                                new RopeScaling.RoundedToBf16(layer.rope().scaling()))))
                .toList());
    }

    /// The same model with another answer to whether the head is the embedding table.
    ModelConfig withTiedHead(boolean tied) {
        return with(layers, tied);
    }

    ModelConfig withLayers(List<Layer> chosen) {
        return with(chosen, tiedHead);
    }

    private ModelConfig with(List<Layer> chosen, boolean tied) {
        return new ModelConfig(
                family,
                vocabulary,
                dim,
                hidden,
                heads,
                norm,
                activation,
                chosen,
                embedScale,
                logitCap,
                tied,
                contextLength,
                stopIds);
    }

    /// The shape of attention.
    ///
    /// @param queries H
    /// @param keyValues K, divides H
    /// @param width d
    /// @param scale factor on scores, usually `1 / sqrt(d)`
    /// @param scoreCap c in `c * tanh(scores / c)`; 0 for none
    /// @param headNorms whether queries and keys are normalised head by head
    /// @param inputBias whether q, k, v have a bias
    /// @param outputBias whether the output projection has one
    public record Heads(
            int queries,
            int keyValues,
            int width,
            double scale,
            double scoreCap,
            boolean headNorms,
            boolean inputBias,
            boolean outputBias) {
        public Heads {
            require("num_attention_heads", queries, 1, 4096);
            require("num_key_value_heads", keyValues, 1, queries);
            require("head_dim", width, 2, 4096);
            if (queries % keyValues != 0) {
                throw new IllegalArgumentException(
                        "num_key_value_heads: must divide num_attention_heads " + queries + ", was " + keyValues);
            }
            if (!(scale > 0) || Double.isInfinite(scale)) {
                throw new IllegalArgumentException("attention scale: must be positive, was " + scale);
            }
        }

        /// Rows of the query projection.
        public int queryWidth() {
            return queries * width;
        }

        /// Rows of the key projection, and of the value projection.
        public int keyValueWidth() {
            return keyValues * width;
        }

        /// Rows of the fused q, k, v projection.
        public int fusedWidth() {
            return queryWidth() + 2 * keyValueWidth();
        }
    }

    /// The norms of a block.
    ///
    /// @param eps added to the mean square before the root
    /// @param storedOffset what must be added to stored weights (Gemma's safetensors: 1)
    /// @param sandwich whether a block has norms after attention and feed-forward too
    public record Norm(double eps, double storedOffset, boolean sandwich) {
        public Norm {
            if (!(eps > 0) || eps > 1) {
                throw new IllegalArgumentException("rms_norm_eps: must be above 0 and at most 1, was " + eps);
            }
        }
    }

    /// What distinguishes one block's attention from another's.
    ///
    /// @param window how many tokens back (itself included) a token sees; 0 for all
    public record Layer(int window, Rope rope) {
        public Layer {
            require("sliding_window", window, 0, Integer.MAX_VALUE);
        }
    }

    /// The feed-forward layer's non-linearity.
    public enum Activation {
        SILU,
        GELU_TANH,
        GELU
    }

    private static void require(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + ": must be " + least + " to " + most + ", was " + value);
        }
    }
}
