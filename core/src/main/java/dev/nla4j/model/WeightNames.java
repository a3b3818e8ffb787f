package dev.nla4j.model;

import dev.nla4j.format.InputException;
import dev.nla4j.format.TensorSource;
import java.util.Set;

/// The names under which a file keeps the parts of a model: the only place that knows them.
public sealed interface WeightNames {
    /// Name of a part's weight; `layer` is ignored for parts outside the blocks.
    String weight(Part part, int layer);

    /// What the names of all of a block's tensors begin with.
    String block(int layer);

    /// Whether a tensor in a block is nothing that a model is computed with.
    boolean isIdle(String name);

    /// Name of a part's bias.
    default String bias(Part part, int layer) {
        String weight = weight(part, layer);
        return weight.substring(0, weight.length() - "weight".length()) + "bias";
    }

    /// Whether query and key rows are stored in llama.cpp's order (pairs beside each other) and must be put back.
    default boolean permutesQueryAndKey() {
        return false;
    }

    /// What must still be added to stored norm weights.
    default double normOffset(ModelConfig config) {
        return config.norm().storedOffset();
    }

    /// Names of transformers' safetensors, under whatever prefix this file has (`model.`, `language_model.model.`,
    /// `model.language_model.`, `language_model.`, or none).
    static WeightNames huggingFace(TensorSource source, Family family) {
        String embedding = "embed_tokens.weight";
        Set<String> prefixes =
                Set.of("model.", "language_model.model.", "model.language_model.", "language_model.", "");
        for (String prefix : prefixes) {
            if (source.names().contains(prefix + embedding)) {
                return new HuggingFace(prefix, family);
            }
        }
        throw new InputException(source.location() + ": no tensor model." + embedding
                + " (nor with the prefixes of multimodal models): not the weights of a language model");
    }

    /// Names of llama.cpp's GGUF files.
    static WeightNames gguf(Family family) {
        return new Gguf(family);
    }

    /// What transformers calls them.
    ///
    /// @param prefix before `embed_tokens`, `layers` and `norm`
    record HuggingFace(String prefix, Family family) implements WeightNames {
        @Override
        public String weight(Part part, int layer) {
            return switch (part) {
                case EMBEDDING -> prefix + "embed_tokens.weight";
                case FINAL_NORM -> prefix + "norm.weight";
                // Beside the trunk, not inside it: "model." and "model.language_model." both leave "lm_head".
                case HEAD -> prefix.startsWith("language_model.") ? "language_model.lm_head.weight" : "lm_head.weight";
                default -> block(layer) + inBlock(part) + ".weight";
            };
        }

        @Override
        public String block(int layer) {
            return prefix + "layers." + layer + ".";
        }

        /// Rotary frequencies, which the first Llamas stored.
        @Override
        public boolean isIdle(String name) {
            return name.endsWith(".rotary_emb.inv_freq");
        }

        private String inBlock(Part part) {
            return switch (part) {
                case INPUT_NORM -> "input_layernorm";
                case QUERY -> "self_attn.q_proj";
                case KEY -> "self_attn.k_proj";
                case VALUE -> "self_attn.v_proj";
                case QUERY_KEY_VALUE -> "self_attn.qkv_proj";
                case QUERY_NORM -> "self_attn.q_norm";
                case KEY_NORM -> "self_attn.k_norm";
                case ATTENTION_OUTPUT -> "self_attn.o_proj";
                case POST_ATTENTION_NORM -> "post_attention_layernorm";
                // The families without sandwich norms call the norm before the feed-forward layer after its place.
                case FEED_FORWARD_NORM ->
                    family.hasSandwichNorms() ? "pre_feedforward_layernorm" : "post_attention_layernorm";
                case GATE -> "mlp.gate_proj";
                case UP -> "mlp.up_proj";
                case GATE_UP -> "mlp.gate_up_proj";
                case DOWN -> "mlp.down_proj";
                case POST_FEED_FORWARD_NORM -> "post_feedforward_layernorm";
                case EMBEDDING, FINAL_NORM, HEAD -> throw new IllegalStateException(part + " is not in a block");
            };
        }
    }

    /// Tensor names: llama.cpp's `gguf-py/gguf/constants.py`.
    record Gguf(Family family) implements WeightNames {
        @Override
        public String weight(Part part, int layer) {
            return switch (part) {
                case EMBEDDING -> "token_embd.weight";
                case FINAL_NORM -> "output_norm.weight";
                case HEAD -> "output.weight";
                default -> block(layer) + inBlock(part) + ".weight";
            };
        }

        @Override
        public String block(int layer) {
            return "blk." + layer + ".";
        }

        /// Rotary frequencies under the names that the first converters gave them.
        @Override
        public boolean isIdle(String name) {
            return name.endsWith(".attn_rot_embd.weight") || name.endsWith(".rope_freqs.weight");
        }

        @Override
        public boolean permutesQueryAndKey() {
            return family == Family.LLAMA || family == Family.MISTRAL;
        }

        /// The converter has already added Gemma's one.
        @Override
        public double normOffset(ModelConfig config) {
            return 0;
        }

        private static String inBlock(Part part) {
            return switch (part) {
                case INPUT_NORM -> "attn_norm";
                case QUERY -> "attn_q";
                case KEY -> "attn_k";
                case VALUE -> "attn_v";
                case QUERY_KEY_VALUE -> "attn_qkv";
                case QUERY_NORM -> "attn_q_norm";
                case KEY_NORM -> "attn_k_norm";
                case ATTENTION_OUTPUT -> "attn_output";
                case POST_ATTENTION_NORM -> "post_attention_norm";
                case FEED_FORWARD_NORM -> "ffn_norm";
                case GATE -> "ffn_gate";
                // Fused gate and up stand under the name of up.
                case UP, GATE_UP -> "ffn_up";
                case DOWN -> "ffn_down";
                case POST_FEED_FORWARD_NORM -> "post_ffw_norm";
                case EMBEDDING, FINAL_NORM, HEAD -> throw new IllegalStateException(part + " is not in a block");
            };
        }
    }
}
