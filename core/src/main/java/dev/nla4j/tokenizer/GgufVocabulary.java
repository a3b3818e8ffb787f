package dev.nla4j.tokenizer;

import dev.nla4j.format.gguf.GgufMetadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The vocabulary that a GGUF file carries in its metadata, as it stands there.
///
/// @param model kind of vocabulary (`tokenizer.ggml.model`): `gpt2` for byte-level merges, `llama` for
///     SentencePiece
/// @param pre how text is cut into words (`tokenizer.ggml.pre`), null when nothing tells
/// @param tokens spelling by id
/// @param types type by id, or empty when the file gives none: [#NORMAL] and so on
/// @param merges two tokens with a space between, first merge first; empty for SentencePiece
/// @param scores by id, higher is merged earlier; empty for byte-level merges
/// @param addSpacePrefix whether a space goes before the text, null when nothing tells
/// @param stripsAfterSpecials whether special tokens in a text swallow the spaces and line ends after them
public record GgufVocabulary(
        String model,
        @Nullable String pre,
        List<String> tokens,
        List<Integer> types,
        List<String> merges,
        List<Float> scores,
        Specials specials,
        @Nullable Boolean addSpacePrefix,
        boolean stripsAfterSpecials) {
    /// Where the vocabulary's settings stand.
    static final String KEY = "tokenizer.ggml.";

    /// A type that the format doesn't name.
    public static final int UNDEFINED = 0;
    /// An ordinary token.
    public static final int NORMAL = 1;
    /// The token for what is no token.
    public static final int UNKNOWN = 2;
    /// A token that steers the model and is no text.
    public static final int CONTROL = 3;
    /// A token that is cut out of the text before anything is merged.
    public static final int USER_DEFINED = 4;
    /// A row without use.
    public static final int UNUSED = 5;
    /// One byte, spelled `<0x41>`.
    public static final int BYTE = 6;

    /// The id of Llama 3's `<|eot_id|>`.
    private static final int LLAMA3_EOT = 128_009;

    /// What special tokens are for, as templates name it.
    static final List<String> USES =
            List.of("bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token");

    /// Ids with a meaning, and what is added to texts, null when the file doesn't say.
    ///
    /// @param named those that the file names, by what they are for (`bos_token`)
    /// @param stops further ids that end a generation
    public record Specials(
            Map<String, Integer> named,
            List<Integer> stops,
            @Nullable Boolean addBos,
            @Nullable Boolean addEos) {
        public Specials {
            named = Map.copyOf(named);
            stops = List.copyOf(stops);
        }

        /// The id of that use; null when the file names none.
        @Nullable
        Integer id(String use) {
            return named.get(use);
        }

        /// Without ids that a vocabulary of `tokens` doesn't have: such an id (4294967295, by which llama.cpp
        /// means none) is as good as absent.
        Specials within(int tokens) {
            Map<String, Integer> known = new HashMap<>(named);
            known.values().removeIf(id -> id >= tokens);
            return new Specials(known, stops.stream().filter(id -> id < tokens).toList(), addBos, addEos);
        }
    }

    public GgufVocabulary {
        tokens = List.copyOf(tokens);
        types = List.copyOf(types);
        merges = List.copyOf(merges);
        scores = List.copyOf(scores);
    }

    /// Reads a GGUF file's vocabulary; refuses one without model and tokens, and values of the wrong type.
    public static GgufVocabulary of(GgufMetadata metadata) {
        String model = metadata.string(KEY + "model");
        List<String> tokens = metadata.strings(KEY + "tokens");
        List<Integer> types = GgufSpellings.types(tokens, types(metadata, tokens.size()));
        Specials specials = new Specials(
                named(metadata),
                stops(metadata, tokens, types),
                flag(metadata, "add_bos_token"),
                flag(metadata, "add_eos_token"));
        return new GgufVocabulary(
                model,
                pre(metadata),
                tokens,
                types,
                metadata.has(KEY + "merges") ? metadata.strings(KEY + "merges") : List.of(),
                model.equals("llama") ? scores(metadata, tokens.size()) : List.of(),
                specials,
                addSpacePrefix(metadata),
                isPhi3(metadata));
    }

    private static Map<String, Integer> named(GgufMetadata metadata) {
        Map<String, Integer> named = new HashMap<>();
        for (String use : USES) {
            Integer id = id(metadata, key(use));
            if (id != null) {
                named.put(use, id);
            }
        }
        return named;
    }

    /// As the format spells them.
    private static String key(String use) {
        return switch (use) {
            case "pad_token" -> "padding_token_id";
            case "unk_token" -> "unknown_token_id";
            case "sep_token" -> "seperator_token_id";
            default -> use + "_id";
        };
    }

    /// What stands beyond the tokens says nothing of any, as in llama.cpp.
    private static List<Integer> types(GgufMetadata metadata, int tokens) {
        String key = KEY + "token_type";
        return Arrays.stream(metadata.has(key) ? metadata.integers(key) : new long[0])
                .limit(tokens)
                .mapToObj(type -> type >= 0 && type <= BYTE ? (int) type : UNDEFINED)
                .toList();
    }

    /// Other vocabularies than SentencePiece's may have scores too, of any type, which nothing reads.
    private static List<Float> scores(GgufMetadata metadata, int tokens) {
        String key = KEY + "scores";
        float[] all = metadata.has(key) ? metadata.floats(key) : new float[0];
        List<Float> scores = new ArrayList<>();
        for (int id = 0; id < Math.min(all.length, tokens); id++) {
            scores.add(all[id]);
        }
        return scores;
    }

    /// What the file names, and what is known by its spelling whether the file names an end or not. `eos_token_ids`
    /// is a key of Ollama's.
    private static List<Integer> stops(GgufMetadata metadata, List<String> tokens, List<Integer> types) {
        Set<Integer> stops = new LinkedHashSet<>();
        for (String key : List.of("eot_token_id", "eom_token_id")) {
            Integer id = id(metadata, key);
            if (id != null) {
                stops.add(id);
            }
        }
        String list = KEY + "eos_token_ids";
        for (long id : metadata.has(list) ? metadata.integers(list) : new long[0]) {
            if (isId(id)) {
                stops.add((int) id);
            }
        }
        stops.addAll(GgufSpellings.ends(tokens, types));
        return List.copyOf(stops);
    }

    /// The converter did not know the name yet that Llama 3 and Qwen have now: their first files say
    /// `default` or nothing. An end of a turn at Llama 3's own place tells it from other models of its
    /// architecture.
    private static @Nullable String pre(GgufMetadata metadata) {
        String said = metadata.has(KEY + "pre") ? metadata.string(KEY + "pre") : null;
        if (!metadata.string(KEY + "model").equals("gpt2") || (said != null && !said.equals("default"))) {
            return said;
        }
        List<String> tokens = metadata.strings(KEY + "tokens");
        if (tokens.size() > LLAMA3_EOT && tokens.get(LLAMA3_EOT).equals("<|eot_id|>")) {
            return "llama-bpe";
        }
        String architecture = architecture(metadata);
        boolean qwen = architecture.equals("qwen2") || architecture.equals("qwen3");
        return said == null && qwen ? "qwen2" : said;
    }

    /// No Gemma has the space, and not all converters say so (Ollama's, and llama.cpp's first one).
    private static @Nullable Boolean addSpacePrefix(GgufMetadata metadata) {
        Boolean said = flag(metadata, "add_space_prefix");
        return (said == null && architecture(metadata).startsWith("gemma")) ? Boolean.FALSE : said;
    }

    /// Files don't say which special tokens strip. Phi-3 and 3.5 are the models of their architecture that
    /// have a SentencePiece vocabulary (Phi-4's is byte-level); others that call themselves so are known by
    /// their name.
    private static boolean isPhi3(GgufMetadata metadata) {
        if (architecture(metadata).equals("phi3")) {
            return metadata.string(KEY + "model").equals("llama");
        }
        String name = metadata.stringOr("general.name", "").toLowerCase(Locale.ROOT);
        return name.contains("phi-3") || name.contains("phi3");
    }

    private static String architecture(GgufMetadata metadata) {
        return metadata.stringOr("general.architecture", "");
    }

    private static @Nullable Integer id(GgufMetadata metadata, String key) {
        long id = metadata.has(KEY + key) ? metadata.integer(KEY + key, Long.MIN_VALUE, Long.MAX_VALUE) : -1;
        return isId(id) ? (int) id : null;
    }

    /// Whether any vocabulary may have that id; which this one has is [Specials#within]'s matter.
    private static boolean isId(long id) {
        return id >= 0 && id <= Vocabulary.LARGEST_ID;
    }

    private static @Nullable Boolean flag(GgufMetadata metadata, String key) {
        return metadata.has(KEY + key) ? metadata.bool(KEY + key) : null;
    }

    int type(int id) {
        return types.isEmpty() ? NORMAL : types.get(id);
    }
}
