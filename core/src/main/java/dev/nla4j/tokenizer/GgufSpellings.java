package dev.nla4j.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Tokens of a GGUF's vocabulary that are known by their spelling. Files leave out ids of ends and give marks of
/// turns the type of ordinary tokens; llama.cpp (`src/llama-vocab.cpp`) knows them by their spelling too.
final class GgufSpellings {
    private static final Set<String> BEGINNINGS_OF_TURNS = Set.of("<start_of_turn>", "<|im_start|>");
    private static final Set<String> ENDS_OF_TURNS =
            Set.of("<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<EOT>", "<end_of_utterance>");

    /// Ends of texts and messages. Other vocabularies have some of them as text (`</s>` is HTML in Gemma's), so
    /// the file must call them control tokens.
    private static final Set<String> ENDS_OF_TEXTS = Set.of(
            "<|endoftext|>",
            "<|end_of_text|>",
            "<|eom_id|>",
            "<eos>",
            "</s>",
            "<｜end▁of▁sentence｜>",
            "_<EOT>",
            "[EOT]",
            "[EOS]");

    private GgufSpellings() {}

    /// `types` with marks of turns as control tokens where they are called ordinary ones: else they would be cut
    /// up as text, or merged from text.
    ///
    /// @param types one a token, or none; of another length they are left as they are
    static List<Integer> types(List<String> tokens, List<Integer> types) {
        if (!types.isEmpty() && types.size() != tokens.size()) {
            return types;
        }
        List<Integer> mended = new ArrayList<>(tokens.size());
        boolean changed = false;
        for (int id = 0; id < tokens.size(); id++) {
            int type = types.isEmpty() ? GgufVocabulary.NORMAL : types.get(id);
            boolean mark = type == GgufVocabulary.NORMAL && isMarkOfTurn(tokens.get(id));
            mended.add(mark ? GgufVocabulary.CONTROL : type);
            changed |= mark;
        }
        return changed ? mended : types;
    }

    private static boolean isMarkOfTurn(String token) {
        return ENDS_OF_TURNS.contains(token) || BEGINNINGS_OF_TURNS.contains(token);
    }

    /// Ids that end a generation by what [#types] made of the types.
    static List<Integer> ends(List<String> tokens, List<Integer> types) {
        List<Integer> ends = new ArrayList<>();
        for (int id = 0; id < Math.min(types.size(), tokens.size()); id++) {
            String token = tokens.get(id);
            boolean control = types.get(id) == GgufVocabulary.CONTROL;
            boolean special = control || types.get(id) == GgufVocabulary.USER_DEFINED;
            if ((special && ENDS_OF_TURNS.contains(token)) || (control && ENDS_OF_TEXTS.contains(token))) {
                ends.add(id);
            }
        }
        return ends;
    }
}
