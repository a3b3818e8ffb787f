package dev.nla4j.model;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.gguf.GgufMetadata;
import dev.nla4j.model.ModelConfig.Activation;
import dev.nla4j.model.ModelConfig.Heads;
import dev.nla4j.model.ModelConfig.Layer;
import dev.nla4j.model.ModelConfig.Norm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// A GGUF's header to [ModelConfig].
///
/// Keys: llama.cpp's `gguf-py/gguf/constants.py`; what a header leaves out: `src/llama-model.cpp`.
final class GgufConfig {
    private static final int MOST_LAYERS = 1024;
    private static final String PARTS = "split.count";
    private static final int MOST_PARTS = 0xffff;
    private static final String EMBEDDING = "token_embd.weight";
    private static final String STOPS = "tokenizer.ggml.eos_token_ids";
    private static final long MOST_IDS = 1 << 24;
    /// Gemma 3 has no key for its period of five sliding layers and a full one.
    private static final int GEMMA3_PERIOD = 6;
    private static final double GEMMA3_EPS = 1e-6;
    /// Of Phi-3 mini and medium with 4096 positions, whose first files have no key for it.
    private static final int PHI3_WINDOW = 2047;
    private static final int PHI3_CONTEXT = 4096;
    private static final Set<Integer> PHI3_BLOCKS = Set.of(32, 40);
    /// Of 270M, 1B, 4B, 12B and 27B.
    private static final Set<Integer> GEMMA3_BLOCKS = Set.of(18, 26, 34, 48, 62);

    private final GgufMetadata metadata;
    private final TensorSource tensors;
    private final Family family;
    private final GgufKeys keys;

    private GgufConfig(Path file, GgufMetadata metadata, TensorSource tensors) {
        this.metadata = metadata;
        this.tensors = tensors;
        String architecture = metadata.string("general.architecture");
        this.keys = new GgufKeys(file, metadata, architecture);
        this.family = Family.ofArchitecture(architecture)
                .orElseThrow(() -> new FormatException(
                        file,
                        -1,
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
        if (metadata.integerOr(PARTS, 1, 0, MOST_PARTS) > 1) {
            throw new FormatException(
                    keys.file(), -1, PARTS, "is above 1: join the parts into one file (llama-gguf-split --merge)");
        }
        if (keys.integer("expert_count", 0, 0, Integer.MAX_VALUE) > 0) {
            throw keys.wrong("expert_count", "is not 0: mixtures of experts are not among the models we run");
        }
        String causal = "attention.causal";
        if (keys.has(causal) && !metadata.bool(keys.architecture() + "." + causal)) {
            throw keys.wrong(causal, "is false, and " + ConfigJson.ONLY_CAUSAL);
        }
        new GgufTensors(keys, tensors).requireKnown(keys.integer("block_count"));
        int dim = keys.integer("embedding_length");
        int vocabulary = vocabulary();
        int contextLength = keys.integer("context_length");
        Heads heads = heads(dim);
        return new ModelConfig(
                family,
                vocabulary,
                dim,
                keys.integer("feed_forward_length"),
                heads,
                new Norm(eps(), 0, family.hasSandwichNorms()),
                family.isGemma() ? Activation.GELU_TANH : Activation.SILU,
                layers(heads, contextLength),
                family.embedScale(dim),
                logitCap(),
                !tensors.names().contains("output.weight"),
                contextLength,
                stopIds(vocabulary));
    }

    private int vocabulary() {
        List<Long> shape = tensors.tensor(EMBEDDING).shape();
        if (shape.size() != 2 || shape.getFirst() < 1 || shape.getFirst() > MOST_IDS) {
            throw new FormatException(
                    keys.file(), -1, EMBEDDING, "must be a matrix of 1 to " + MOST_IDS + " rows, is " + shape);
        }
        return Math.toIntExact(shape.getFirst());
    }

    /// Ollama's files of Gemma 3 with images don't say it.
    private double eps() {
        String key = "attention.layer_norm_rms_epsilon";
        return family == Family.GEMMA3 ? keys.number(key, GEMMA3_EPS) : keys.number(key);
    }

    /// Gemma 3 has no cap, but Ollama's converter wrote Gemma 2's into its headers. Other models of this
    /// architecture, which are no size of Gemma's, do have one (Rnj-1).
    private double logitCap() {
        boolean uncapped = !family.hasSandwichNorms()
                || (keys.isOllamaGemma3() && GEMMA3_BLOCKS.contains(keys.integer("block_count")));
        return uncapped ? 0 : keys.number("final_logit_softcapping", family == Family.GEMMA2 ? 30 : 0);
    }

    private Heads heads(int dim) {
        int queries = keys.integer("attention.head_count");
        int keyValues = keys.integer("attention.head_count_kv", queries);
        int width = keys.integer("attention.key_length", dim / queries);
        int valueWidth = keys.integer("attention.value_length", width);
        if (valueWidth != width) {
            throw keys.wrong("attention.value_length", "must equal key_length " + width + ", was " + valueWidth);
        }
        if (width % 2 != 0 && WeightNames.gguf(family).permutesQueryAndKey()) {
            throw keys.wrong("attention.key_length", "must be even where rows of q and k lie in pairs, was " + width);
        }
        return new Heads(
                queries,
                keyValues,
                width,
                scale(dim, queries, width),
                family == Family.GEMMA2 ? keys.number("attn_logit_softcapping", 50) : 0,
                family.hasHeadNorms(),
                tensors.names().contains(GgufTensors.INPUT_BIAS),
                tensors.names().contains(GgufTensors.OUTPUT_BIAS));
    }

    /// The converter has no key for Gemma's `query_pre_attn_scalar`; llama.cpp knows the sizes whose value is not
    /// the head's width: the 27B models of Gemma 2 and 3 divide by `dim / heads`. Its own key for the scale goes
    /// before both.
    private double scale(int dim, int queries, int width) {
        if (keys.has("attention.scale")) {
            return keys.number("attention.scale");
        }
        int blocks = keys.integer("block_count");
        boolean gemma2At27B = family == Family.GEMMA2 && blocks == 46;
        boolean gemma3At27B = family == Family.GEMMA3 && blocks == 62;
        return 1 / Math.sqrt(gemma2At27B || gemma3At27B ? (double) dim / queries : width);
    }

    private List<Layer> layers(Heads heads, int contextLength) {
        int count = keys.integer("block_count");
        if (count > MOST_LAYERS) {
            throw keys.wrong("block_count", "must be 1 to " + MOST_LAYERS + ", was " + count);
        }
        int window =
                (int) keys.integer("attention.sliding_window", usualWindow(count, contextLength), 0, Integer.MAX_VALUE);
        GgufRope ropes = new GgufRope(keys, tensors, family, heads.width(), contextLength);
        Rope full = ropes.full();
        Rope sliding = ropes.sliding();
        boolean[] slides = window == 0 ? new boolean[count] : sliding(count);
        List<Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < count; layer++) {
            layers.add(new Layer(slides[layer] ? window : 0, slides[layer] ? sliding : full));
        }
        return layers;
    }

    /// What files from before the key for the window mean.
    private int usualWindow(int blocks, int contextLength) {
        boolean phi3At4k = family == Family.PHI3 && PHI3_BLOCKS.contains(blocks) && contextLength == PHI3_CONTEXT;
        return family == Family.GEMMA2 ? 4096 : phi3At4k ? PHI3_WINDOW : 0;
    }

    /// Which layers have the window: what the header says (a period whose last layer sees everything, or a flag a
    /// layer), else what the family does.
    private boolean[] sliding(int count) {
        String pattern = "attention.sliding_window_pattern";
        if (keys.hasFlags(pattern)) {
            boolean[] flags = keys.flags(pattern);
            if (flags.length < count) {
                throw keys.wrong(pattern, "has " + flags.length + " flags, block_count is " + count);
            }
            return flags;
        }
        int usual = switch (family) {
            case LLAMA, MISTRAL, PHI3, QWEN2, QWEN3 -> 0;
            case GEMMA -> 1;
            case GEMMA2 -> 2;
            case GEMMA3 -> GEMMA3_PERIOD;
        };
        int period = (int) keys.integer(pattern, usual, 0, MOST_LAYERS);
        boolean[] sliding = new boolean[count];
        for (int layer = 0; layer < count; layer++) {
            sliding[layer] = period == 0 || layer % period < period - 1;
        }
        return sliding;
    }

    /// End of text, of a turn and of a message: llama.cpp stops at each. Ollama's converter may write a list.
    /// An id that the vocabulary doesn't have, as llama.cpp writes for none, is none.
    private List<Integer> stopIds(int vocabulary) {
        List<Long> ids = new ArrayList<>();
        for (String kind : List.of("eos", "eot", "eom")) {
            String key = "tokenizer.ggml." + kind + "_token_id";
            if (metadata.has(key)) {
                ids.add(metadata.integer(key, Long.MIN_VALUE, Long.MAX_VALUE));
            }
        }
        if (metadata.has(STOPS)) {
            for (long id : metadata.integers(STOPS)) {
                ids.add(id);
            }
        }
        return ids.stream()
                .filter(id -> id >= 0 && id < vocabulary)
                .map(Math::toIntExact)
                .distinct()
                .toList();
    }
}
