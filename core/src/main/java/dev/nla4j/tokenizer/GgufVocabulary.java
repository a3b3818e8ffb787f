package dev.nla4j.tokenizer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The vocabulary that a GGUF file carries in its metadata, as it stands there.
///
/// @param model kind of vocabulary (`tokenizer.ggml.model`): `gpt2` for byte-level merges, `llama` for SentencePiece
/// @param pre how text is cut into words (`tokenizer.ggml.pre`)
/// @param tokens spelling by id
/// @param types type by id, or empty when the file gives none: [#NORMAL] and so on
/// @param merges two tokens with a space between, first merge first; empty for SentencePiece
/// @param scores by id, higher is merged earlier; empty for byte-level merges
/// @param addSpacePrefix whether a space goes before the text, null when the file doesn't say
public record GgufVocabulary(
        String model,
        @Nullable String pre,
        List<String> tokens,
        List<Integer> types,
        List<String> merges,
        List<Float> scores,
        Specials specials,
        @Nullable Boolean addSpacePrefix) {
    public static final int NORMAL = 1;
    public static final int UNKNOWN = 2;
    public static final int CONTROL = 3;
    public static final int USER_DEFINED = 4;
    public static final int UNUSED = 5;
    public static final int BYTE = 6;

    /// Ids with a meaning, null when the file names none, and what is added to texts, null when the file doesn't say.
    ///
    /// @param stops further ids that end a generation
    public record Specials(
            @Nullable Integer bos,
            @Nullable Integer eos,
            @Nullable Integer pad,
            @Nullable Integer unk,
            List<Integer> stops,
            @Nullable Boolean addBos,
            @Nullable Boolean addEos) {
        public Specials {
            stops = List.copyOf(stops);
        }
    }

    public GgufVocabulary {
        tokens = List.copyOf(tokens);
        types = List.copyOf(types);
        merges = List.copyOf(merges);
        scores = List.copyOf(scores);
    }

    int type(int id) {
        return types.isEmpty() ? NORMAL : types.get(id);
    }
}
