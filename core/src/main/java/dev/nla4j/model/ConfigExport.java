package dev.nla4j.model;

import dev.nla4j.format.InputException;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The `config.json` of a model that is written: its own one cut to the text tower and the blocks that are kept, or one
/// made from a GGUF's header, in the spelling of transformers 4 that released checkpoints use.
final class ConfigExport {
    private static final long LARGEST_FILE = 8 << 20;
    /// Llama 3.1's and 3.2's factors; the other numbers of their scaling are the same.
    private static final double[] LLAMA3_FACTORS = {8, 32};
    private static final double SAME_FREQUENCY = 1e-5;
    /// Headers keep numbers in fp32.
    private static final double SAME_FACTOR = 1e-6;

    private ConfigExport() {}

    /// A folder's configuration with only the first `blocks` blocks.
    ///
    /// @param type the dtype noted, null leaves what stands there
    static ObjectNode ofFolder(Path file, ModelConfig config, int blocks, @Nullable StoredType type) {
        ObjectNode outer = (ObjectNode)
                Fields.of(file, Json.read(file, LARGEST_FILE)).node().deepCopy();
        ObjectNode node = outer;
        if (outer.get("text_config") instanceof ObjectNode text) {
            node = text;
            // the class of the text part alone would apply it
            node.remove("final_logit_softcapping");
            for (String shared : List.of(
                    "tie_word_embeddings", "bos_token_id", "eos_token_id", "pad_token_id", "torch_dtype", "dtype")) {
                JsonNode value = outer.get(shared);
                if (!node.has(shared) && value != null) {
                    node.set(shared, value);
                }
            }
        }
        node.remove("_name_or_path");
        node.remove("auto_map"); // code beside the weights, which is not brought along; the class is transformers' own
        node.put("model_type", config.family().modelType());
        architecture(node, config.family());
        int before = config.numLayers();
        for (String name : List.copyOf(node.propertyNames())) {
            JsonNode value = node.path(name);
            if (isPerLayer(name, value, before)) {
                ArrayNode cut = Json.mapper().createArrayNode();
                value.valueStream().limit(blocks).forEach(cut::add);
                node.set(name, cut);
            }
        }
        node.put("num_hidden_layers", blocks);
        if (type != null) {
            node.remove("dtype");
            node.put("torch_dtype", dtype(type));
        }
        return node;
    }

    /// Arrays of as many entries as there are blocks say something of each block; ids of ending tokens never do.
    private static boolean isPerLayer(String name, JsonNode value, int blocks) {
        if (!value.isArray() || name.equals("layer_types")) {
            return value.isArray();
        }
        return value.size() == blocks && blocks > 1 && value.valueStream().noneMatch(JsonNode::isInt);
    }

    /// A configuration for a GGUF's model.
    static ObjectNode ofGguf(Path file, ModelConfig config, StoredType type) {
        ModelConfig.Heads heads = config.heads();
        Family family = config.family();
        ObjectNode node = Json.mapper().createObjectNode().put("model_type", family.modelType());
        architecture(node, family);
        node.put("vocab_size", config.vocabulary())
                .put("hidden_size", config.dim())
                .put("intermediate_size", config.hidden())
                .put("num_hidden_layers", config.numLayers())
                .put("num_attention_heads", heads.queries())
                .put("num_key_value_heads", heads.keyValues())
                .put("head_dim", heads.width())
                .put("max_position_embeddings", config.contextLength())
                .put("rms_norm_eps", config.norm().eps())
                .put("tie_word_embeddings", config.tiedHead())
                .put(
                        family.hasSandwichNorms() ? "hidden_activation" : "hidden_act",
                        config.activation() == ModelConfig.Activation.SILU ? "silu" : "gelu_pytorch_tanh")
                .put("torch_dtype", dtype(type));
        biases(file, node, config);
        if (family == Family.GEMMA2 || family == Family.GEMMA3) {
            double scalar = 1 / (heads.scale() * heads.scale());
            boolean ofHead = heads.scale() == 1 / Math.sqrt(heads.width());
            double ofDim = (double) config.dim() / heads.queries();
            node.put(
                    "query_pre_attn_scalar",
                    ofHead ? heads.width() : heads.scale() == 1 / Math.sqrt(ofDim) ? ofDim : scalar);
            cap(node, "attn_logit_softcapping", heads.scoreCap());
            cap(node, "final_logit_softcapping", config.logitCap());
        }
        windows(node, config);
        ropes(file, node, config);
        ArrayNode stops = node.putArray("eos_token_id");
        config.stopIds().forEach(stops::add);
        return node;
    }

    private static void biases(Path file, ObjectNode node, ModelConfig config) {
        ModelConfig.Heads heads = config.heads();
        if (config.family() == Family.QWEN2) {
            return;
        }
        if (heads.inputBias() != heads.outputBias()) {
            throw new InputException(file + ": has biases on some attention projections only, which no config.json of "
                    + config.family().modelType() + " can say");
        }
        node.put("attention_bias", heads.inputBias());
    }

    private static void cap(ObjectNode node, String name, double cap) {
        if (cap == 0) {
            node.putNull(name);
        } else {
            node.put(name, cap);
        }
    }

    private static void windows(ObjectNode node, ModelConfig config) {
        int window = config.layers().stream()
                .mapToInt(ModelConfig.Layer::window)
                .max()
                .orElse(0);
        boolean byPattern = config.family() == Family.GEMMA2 || config.family() == Family.GEMMA3;
        if (window == 0 && !byPattern) {
            node.putNull("sliding_window");
            return;
        }
        // These two slide by a pattern unless told otherwise, and make the mask of a window in any case.
        if (window > 0) {
            node.put("sliding_window", window).put("use_sliding_window", true).put("max_window_layers", 0);
        }
        ArrayNode types = node.putArray("layer_types");
        for (ModelConfig.Layer layer : config.layers()) {
            types.add(layer.window() > 0 ? "sliding_attention" : "full_attention");
        }
    }

    private static void ropes(Path file, ObjectNode node, ModelConfig config) {
        boolean local = config.family() == Family.GEMMA3;
        List<ModelConfig.Layer> layers = config.layers();
        // A Gemma 3 cut below its first full layer shows only the local base; the other is then never used.
        Rope full = layers.stream()
                .filter(layer -> !local || layer.window() == 0)
                .map(ModelConfig.Layer::rope)
                .findFirst()
                .orElse(layers.get(0).rope());
        node.put("rope_theta", full.theta());
        if (local) {
            layers.stream()
                    .filter(layer -> layer.window() > 0)
                    .findFirst()
                    .ifPresent(layer ->
                            node.put("rope_local_base_freq", layer.rope().theta()));
        }
        if (full.width() != config.heads().width()) {
            node.put(
                    "partial_rotary_factor",
                    (double) full.width() / config.heads().width());
        }
        if (config.family() == Family.PHI3) {
            phi3Scaling(file, node, full, config.contextLength());
        } else {
            scaling(file, node, full);
        }
    }

    /// Phi-3's configuration class takes a `rope_scaling` of exactly three members and works the factor on
    /// cos and sin out itself.
    private static void phi3Scaling(Path file, ObjectNode node, Rope rope, int contextLength) {
        if (rope.scaling() instanceof RopeScaling.None) {
            node.putNull("rope_scaling");
            return;
        }
        if (!(rope.scaling() instanceof RopeScaling.LongRope longRope)) {
            throw new InputException(file + ": has a rope scaling other than longrope, which no config.json of "
                    + Family.PHI3.modelType() + " can say");
        }
        int original = longRope.originalContext();
        double expected = RopeJson.longRopeAttention((double) contextLength / original, original);
        if (Math.abs(longRope.attentionFactor() - expected) > SAME_FACTOR * expected) {
            throw new InputException(file + ": rope.scaling.attn_factor is " + longRope.attentionFactor()
                    + "; a config.json of " + Family.PHI3.modelType() + " can't say another than " + expected
                    + " for its context");
        }
        node.put("original_max_position_embeddings", original);
        factors(node.putObject("rope_scaling").put("type", "longrope"), longRope);
    }

    private static void factors(ObjectNode scaling, RopeScaling.LongRope longRope) {
        ArrayNode shorts = scaling.putArray("short_factor");
        longRope.shortFactors().forEach(shorts::add);
        ArrayNode longs = scaling.putArray("long_factor");
        longRope.longFactors().forEach(longs::add);
    }

    private static void scaling(Path file, ObjectNode node, Rope rope) {
        switch (rope.scaling()) {
            case RopeScaling.None _ -> node.putNull("rope_scaling");
            case RopeScaling.Linear linear -> kind(node, "linear").put("factor", linear.factor());
            case RopeScaling.Llama3 llama3 -> llama3(node, llama3);
            case RopeScaling.Divisors divisors -> llama3(node, llama3(file, rope, divisors));
            case RopeScaling.Dynamic dynamic -> kind(node, "dynamic").put("factor", dynamic.factor());
            case RopeScaling.Yarn yarn ->
                kind(node, "yarn")
                        .put("factor", yarn.factor())
                        .put("original_max_position_embeddings", yarn.originalContext())
                        .put("attention_factor", yarn.attentionFactor())
                        .put("beta_fast", yarn.betaFast())
                        .put("beta_slow", yarn.betaSlow())
                        .put("truncate", yarn.truncate());
            case RopeScaling.LongRope longRope -> {
                node.put("original_max_position_embeddings", longRope.originalContext());
                factors(kind(node, "longrope").put("attention_factor", longRope.attentionFactor()), longRope);
            }
            case RopeScaling.RoundedToBf16 _ ->
                throw new IllegalStateException("rounded frequencies are for comparisons only");
        }
    }

    private static ObjectNode kind(ObjectNode node, String kind) {
        return node.putObject("rope_scaling").put("rope_type", kind);
    }

    private static void llama3(ObjectNode node, RopeScaling.Llama3 scaling) {
        kind(node, "llama3")
                .put("factor", scaling.factor())
                .put("low_freq_factor", scaling.lowFrequencyFactor())
                .put("high_freq_factor", scaling.highFrequencyFactor())
                .put("original_max_position_embeddings", scaling.originalContext());
    }

    /// GGUF keeps only what each frequency is divided by; a configuration wants the numbers they came from.
    private static RopeScaling.Llama3 llama3(Path file, Rope rope, RopeScaling.Divisors divisors) {
        double[] plain = Rope.plainFrequencies(rope.theta(), rope.width() / 2);
        double[] wanted = divisors.frequencies(plain, rope.theta(), 1);
        for (double factor : LLAMA3_FACTORS) {
            RopeScaling.Llama3 guess = new RopeScaling.Llama3(factor, 1, 4, 8192);
            double[] found = guess.frequencies(plain, rope.theta(), 1);
            boolean same = true;
            for (int i = 0; i < wanted.length; i++) {
                same &= Math.abs(found[i] - wanted[i]) <= SAME_FREQUENCY * wanted[i];
            }
            if (same) {
                return guess;
            }
        }
        throw new InputException(file + ": rope_freqs.weight is not one of Llama 3's; no config.json can say it");
    }

    private static void architecture(ObjectNode node, Family family) {
        String name = family == Family.GEMMA3 ? "gemma3" : family.modelType();
        String letters = name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
        node.putArray("architectures").add(letters + "ForCausalLM");
    }

    private static String dtype(StoredType type) {
        return switch (type) {
            case BF16 -> "bfloat16";
            case F16 -> "float16";
            default -> "float32";
        };
    }
}
