package dev.nla4j.model;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.gguf.GgufMetadata;
import dev.nla4j.model.ModelConfig.Activation;
import dev.nla4j.model.ModelConfig.Heads;
import dev.nla4j.model.ModelConfig.Layer;
import dev.nla4j.model.ModelConfig.Norm;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// A GGUF's header to [ModelConfig].
///
/// Keys: llama.cpp's `gguf-py/gguf/constants.py`; what a header leaves out: `src/llama-model.cpp`.
final class GgufConfig {
    private static final int LARGEST = 1 << 24;
    private static final double LOCAL_THETA = 10_000;
    /// Gemma 3 has no key for its period of five sliding layers and a full one.
    private static final int GEMMA3_PERIOD = 6;

    private final Path file;
    private final GgufMetadata metadata;
    private final TensorSource tensors;
    private final String architecture;
    private final Family family;

    private GgufConfig(Path file, GgufMetadata metadata, TensorSource tensors) {
        this.file = file;
        this.metadata = metadata;
        this.tensors = tensors;
        this.architecture = metadata.string("general.architecture");
        this.family = Family.ofArchitecture(architecture)
                .orElseThrow(() -> wrong(
                        "general.architecture",
                        "\"" + architecture + "\" is not an architecture this program knows ("
                                + String.join(
                                        ", ",
                                        Arrays.stream(Family.values())
                                                .map(Family::architecture)
                                                .distinct()
                                                .toList())
                                + ")"));
    }

    static ModelConfig read(Path file, GgufMetadata metadata, TensorSource tensors) {
        GgufConfig reader = new GgufConfig(file, metadata, tensors);
        try {
            return reader.config();
        } catch (IllegalArgumentException e) {
            throw new FormatException(file, -1, "header", String.valueOf(e.getMessage()), e);
        }
    }

    private ModelConfig config() {
        int dim = integer("embedding_length");
        int vocabulary =
                Math.toIntExact(tensors.tensor("token_embd.weight").shape().getFirst());
        int contextLength = integer("context_length");
        Heads heads = heads(dim);
        return new ModelConfig(
                family,
                vocabulary,
                dim,
                integer("feed_forward_length"),
                heads,
                new Norm(metadata.number(key("attention.layer_norm_rms_epsilon")), 0, family.hasSandwichNorms()),
                family.isGemma() ? Activation.GELU_TANH : Activation.SILU,
                layers(heads, contextLength),
                family.isGemma() ? Math.sqrt(dim) : 1,
                number("final_logit_softcapping", family == Family.GEMMA2 ? 30 : 0),
                !tensors.names().contains("output.weight"),
                contextLength,
                stopIds(vocabulary));
    }

    private Heads heads(int dim) {
        int queries = integer("attention.head_count");
        int keyValues = integer("attention.head_count_kv", queries);
        int width = integer("attention.key_length", dim / queries);
        int valueWidth = integer("attention.value_length", width);
        if (valueWidth != width) {
            throw wrong(key("attention.value_length"), "must equal key_length " + width + ", was " + valueWidth);
        }
        boolean bias = tensors.names().contains("blk.0.attn_q.bias");
        return new Heads(
                queries,
                keyValues,
                width,
                scale(dim, queries, width),
                number("attn_logit_softcapping", family == Family.GEMMA2 ? 50 : 0),
                family.hasHeadNorms(),
                bias,
                tensors.names().contains("blk.0.attn_output.bias"));
    }

    /// The header has no key for Gemma's `query_pre_attn_scalar`; llama.cpp knows the sizes whose value is not the
    /// head's
    /// width: the 27B models of Gemma 2 and 3 divide by `dim / heads`.
    private double scale(int dim, int queries, int width) {
        int blocks = integer("block_count");
        boolean gemma2At27B = family == Family.GEMMA2 && blocks == 46;
        boolean gemma3At27B = family == Family.GEMMA3 && blocks == 62;
        return 1 / Math.sqrt(gemma2At27B || gemma3At27B ? (double) dim / queries : width);
    }

    private List<Layer> layers(Heads heads, int contextLength) {
        int count = (int) metadata.integer(key("block_count"), 1, 1024);
        int window =
                (int) integerOr("attention.sliding_window", family == Family.GEMMA2 ? 4096 : 0, 0, Integer.MAX_VALUE);
        int rotary = integer("rope.dimension_count", heads.width());
        double theta = number("rope.freq_base", 10_000);
        Rope full = new Rope(theta, rotary, scaling(rotary, contextLength));
        Rope sliding = family == Family.GEMMA3
                ? new Rope(number("rope.freq_base_swa", LOCAL_THETA), rotary, new RopeScaling.None())
                : full;
        List<Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < count; layer++) {
            boolean slides = window > 0
                    && switch (family) {
                        case LLAMA, MISTRAL, PHI3, QWEN2, QWEN3 -> true;
                        case GEMMA -> false;
                        case GEMMA2 -> layer % 2 == 0;
                        case GEMMA3 -> (layer + 1) % GEMMA3_PERIOD != 0;
                    };
            layers.add(new Layer(slides ? window : 0, slides ? sliding : full));
        }
        return layers;
    }

    private RopeScaling scaling(int rotary, int contextLength) {
        if (tensors.names().contains("rope_freqs.weight")) {
            return new RopeScaling.Divisors(factors("rope_freqs.weight", rotary));
        }
        if (tensors.names().contains("rope_factors_long.weight")) {
            return new RopeScaling.LongRope(
                    factors("rope_factors_short.weight", rotary),
                    factors("rope_factors_long.weight", rotary),
                    integer("rope.scaling.original_context_length", contextLength),
                    number("rope.scaling.attn_factor", 1));
        }
        String kind = metadata.has(key("rope.scaling.type")) ? metadata.string(key("rope.scaling.type")) : "none";
        return switch (kind) {
            case "none" -> new RopeScaling.None();
            case "linear" -> new RopeScaling.Linear(metadata.number(key("rope.scaling.factor")));
            case "yarn" -> yarn(rotary, contextLength);
            default -> throw wrong(key("rope.scaling.type"), "\"" + kind + "\" is not one of none, linear, yarn");
        };
    }

    private RopeScaling yarn(int rotary, int contextLength) {
        double factor = metadata.number(key("rope.scaling.factor"));
        double attention = number("rope.scaling.attn_factor", 1) * (factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1);
        int original = integer("rope.scaling.original_context_length", contextLength);
        return new RopeScaling.Yarn(factor, original, attention, 32, 1, true, rotary);
    }

    private List<Float> factors(String name, int rotary) {
        if (!tensors.tensor(name).shape().equals(List.of(rotary / 2L))) {
            throw wrong(
                    name,
                    "must have " + rotary / 2 + " numbers, has shape "
                            + tensors.tensor(name).shape());
        }
        try (Tensor values = Tensors.empty(DType.FP32, rotary / 2)) {
            tensors.readF32(name, Tensors.memory(values));
            List<Float> factors = new ArrayList<>();
            for (float value : Tensors.floats(values)) {
                factors.add(value);
            }
            return factors;
        }
    }

    private List<Integer> stopIds(int vocabulary) {
        String eos = "tokenizer.ggml.eos_token_id";
        return metadata.has(eos) ? List.of((int) metadata.integer(eos, 0, vocabulary - 1L)) : List.of();
    }

    private String key(String name) {
        return architecture + "." + name;
    }

    private int integer(String name) {
        return (int) metadata.integer(key(name), 1, LARGEST);
    }

    private int integer(String name, int otherwise) {
        return (int) integerOr(name, otherwise, 1, LARGEST);
    }

    private long integerOr(String name, long otherwise, long least, long most) {
        return metadata.has(key(name)) ? metadata.integer(key(name), least, most) : otherwise;
    }

    private double number(String name, double otherwise) {
        return metadata.has(key(name)) ? metadata.number(key(name)) : otherwise;
    }

    private FormatException wrong(String field, String problem) {
        return new FormatException(file, -1, field, problem);
    }
}
