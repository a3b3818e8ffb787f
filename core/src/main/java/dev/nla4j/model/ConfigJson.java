package dev.nla4j.model;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import dev.nla4j.model.ModelConfig.Activation;
import dev.nla4j.model.ModelConfig.Heads;
import dev.nla4j.model.ModelConfig.Layer;
import dev.nla4j.model.ModelConfig.Norm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// `config.json` to [ModelConfig], in the spellings of transformers 4 (`rope_theta`, `rope_scaling`,
/// `torch_dtype`) and 5 (`rope_parameters`, `dtype`), Gemma 3 alone or inside its multimodal wrapper
/// (`text_config`). What a file leaves out has the value that transformers' configuration class of that family
/// gives it.
public final class ConfigJson {
    private static final long LARGEST_FILE = 8 << 20;
    private static final int LARGEST = 1 << 24;
    static final String ONLY_CAUSAL = "this program runs models whose tokens see only those before them";

    private final Fields fields;
    private final Family family;
    private final FamilyDefaults defaults;
    private final Fields outer;

    private ConfigJson(Fields outer) {
        this.outer = outer;
        String wrapper = outer.requiredText("model_type");
        this.fields = wrapper.equals("gemma3")
                ? outer.object("text_config").orElseThrow(() -> outer.wrong("text_config", "is missing"))
                : outer;
        String type = wrapper.equals("gemma3") ? Family.GEMMA3.modelType() : wrapper;
        this.family = Family.ofModelType(type)
                .orElseThrow(() -> outer.wrong(
                        "model_type",
                        "\"" + type + "\" is not a family this program knows ("
                                + String.join(
                                        ", ",
                                        java.util.Arrays.stream(Family.values())
                                                .map(Family::modelType)
                                                .toList())
                                + ")"));
        this.defaults = FamilyDefaults.of(family);
    }

    /// Reads a `config.json`.
    public static ModelConfig read(Path file) {
        ConfigJson reader = new ConfigJson(Fields.of(file, Json.read(file, LARGEST_FILE)));
        try {
            return reader.config();
        } catch (IllegalArgumentException e) {
            throw new FormatException(file, -1, "config", String.valueOf(e.getMessage()), e);
        }
    }

    private ModelConfig config() {
        int dim = integer("hidden_size", defaults.dim());
        int contextLength = integer("max_position_embeddings", defaults.contextLength());
        Heads heads = heads(dim);
        int vocabulary = integer("vocab_size", defaults.vocabulary());
        return new ModelConfig(
                family,
                vocabulary,
                dim,
                integer("intermediate_size", defaults.hidden()),
                heads,
                new Norm(
                        fields.number("rms_norm_eps", defaults.normEps()),
                        family.storedNormOffset(),
                        family.hasSandwichNorms()),
                activation(),
                layers(heads, contextLength),
                family.embedScale(dim),
                logitCap(),
                // Of a wrapper, its own word counts; a head that lies in the file and differs is taken in any case.
                outer.bool("tie_word_embeddings", defaults.tiedHead()),
                contextLength,
                stopIds(vocabulary));
    }

    private Heads heads(int dim) {
        int queries = integer("num_attention_heads", defaults.queryHeads());
        int keyValues = integer("num_key_value_heads", sharesNoHeads() ? queries : defaults.keyValueHeads());
        int width = integer("head_dim", defaults.headWidth() == 0 ? dim / queries : defaults.headWidth());
        double scaleBase = !family.hasSandwichNorms()
                ? width
                : fields.number("query_pre_attn_scalar", defaults.queryScalar() == 0 ? width : defaults.queryScalar());
        boolean bias = family.choosesBias() && fields.bool("attention_bias", false);
        boolean alwaysInputBias = family == Family.QWEN2;
        refuse("mlp_bias", "this program has no such bias");
        refuse("use_bidirectional_attention", ONLY_CAUSAL);
        if (!fields.bool("is_causal", true)) {
            throw fields.wrong("is_causal", "is false, and " + ONLY_CAUSAL);
        }
        return new Heads(
                queries,
                keyValues,
                width,
                1 / Math.sqrt(scaleBase),
                // Gemma 3's configurations have the field, too, and its attention doesn't look at it.
                family == Family.GEMMA2 ? cap("attn_logit_softcapping", defaults.scoreCap()) : 0,
                family.hasHeadNorms(),
                alwaysInputBias || bias,
                bias);
    }

    private void refuse(String flag, String why) {
        if (fields.bool(flag, false)) {
            throw fields.wrong(flag, "is true, and " + why);
        }
    }

    /// End-of-text ids; one beyond the embedding table can never be drawn and is dropped.
    private List<Integer> stopIds(int vocabulary) {
        List<Integer> ids = fields.integers("eos_token_id", 0, LARGEST);
        if (ids.isEmpty()) {
            ids = outer.integers("eos_token_id", 0, LARGEST);
        }
        return ids.stream().filter(id -> id < vocabulary).toList();
    }

    /// Gemma 3's multimodal class caps no logits, whatever its text part says.
    private double logitCap() {
        boolean wrapped = !fields.path().isEmpty();
        return family.hasSandwichNorms() && !wrapped ? cap("final_logit_softcapping", defaults.logitCap()) : 0;
    }

    private Activation activation() {
        // All of Gemma have the other spelling in their files too, and transformers doesn't read it.
        String field = family.hasSandwichNorms() ? "hidden_activation" : "hidden_act";
        String name = fields.text(field).orElse(defaults.activation());
        return switch (name) {
            case "silu", "swish" -> Activation.SILU;
            case "gelu_pytorch_tanh", "gelu_new", "gelu_fast" -> Activation.GELU_TANH;
            // Gemma 1's first configurations say "gelu" and mean the tanh form, as transformers reads them.
            case "gelu" -> family == Family.GEMMA ? Activation.GELU_TANH : Activation.GELU;
            default -> throw fields.wrong(field, "\"" + name + "\" is not one of silu, gelu, gelu_pytorch_tanh");
        };
    }

    private List<Layer> layers(Heads heads, int contextLength) {
        int count = integer("num_hidden_layers", defaults.layers());
        if (count > 1024) {
            throw fields.wrong("num_hidden_layers", "must be 1 to 1024, was " + count);
        }
        List<Boolean> sliding = slidingLayers(count);
        int window = window();
        if (sliding.contains(true) && window == 0) {
            throw fields.wrong("sliding_window", "is missing or 0, and some layers of this model see a window");
        }
        RopeJson rope = new RopeJson(fields, family, defaults, heads.width(), contextLength);
        // One value a kind, shared by its layers: a rope works out its frequencies to check them.
        Layer full = sliding.contains(false) ? new Layer(0, rope.full()) : null;
        Layer windowed = sliding.contains(true) ? new Layer(window, rope.sliding()) : null;
        List<Layer> layers = new ArrayList<>();
        for (boolean slides : sliding) {
            layers.add(Objects.requireNonNull(slides ? windowed : full));
        }
        return layers;
    }

    private List<Boolean> slidingLayers(int count) {
        List<String> types = fields.texts("layer_types").orElse(List.of());
        if (!types.isEmpty() && family.namesWindowedLayers()) {
            if (types.size() < count) {
                throw fields.wrong("layer_types", "names " + types.size() + " layers, num_hidden_layers is " + count);
            }
            return types.subList(0, count).stream().map(this::slides).toList();
        }
        List<Boolean> sliding = new ArrayList<>();
        int pattern = (int) fields.integer("sliding_window_pattern", 6, 1, 1024);
        int firstWindowed = (int) fields.integer("max_window_layers", defaults.firstWindowed(), 0, LARGEST);
        boolean hasWindow = window() > 0;
        for (int layer = 0; layer < count; layer++) {
            sliding.add(
                    switch (family) {
                        case LLAMA, GEMMA -> false;
                        case MISTRAL, PHI3 -> hasWindow;
                        case QWEN2, QWEN3 ->
                            fields.bool("use_sliding_window", false) && hasWindow && layer >= firstWindowed;
                        case GEMMA2 -> layer % 2 == 0;
                        case GEMMA3 -> (layer + 1) % pattern != 0;
                    });
        }
        return sliding;
    }

    private boolean slides(String type) {
        return switch (type) {
            case "sliding_attention" -> true;
            case "full_attention" -> false;
            default ->
                throw fields.wrong("layer_types", "\"" + type + "\" is not one of full_attention, sliding_attention");
        };
    }

    private boolean sharesNoHeads() {
        return defaults.keyValueHeads() == 0 || fields.isNull("num_key_value_heads");
    }

    /// Mistral's later configurations say `null` for no window, which is not their family's default.
    private int window() {
        return fields.isNull("sliding_window")
                ? 0
                : (int) fields.integer("sliding_window", defaults.window(), 0, Integer.MAX_VALUE);
    }

    /// A cap, whose `null` means none.
    private double cap(String name, double silent) {
        double cap = fields.isNull(name) ? 0 : fields.number(name, silent);
        if (cap < 0) {
            throw fields.wrong(name, "must be 0 or more, was " + cap);
        }
        return cap;
    }

    private int integer(String name, int otherwise) {
        return (int) fields.integer(name, otherwise, 1, LARGEST);
    }
}
