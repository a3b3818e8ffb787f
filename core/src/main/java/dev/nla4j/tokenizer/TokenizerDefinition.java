package dev.nla4j.tokenizer;

import java.nio.file.Path;
import java.util.Set;

/// A checked tokenizer, ready for the native library.
///
/// @param file where it comes from, for errors
/// @param json a `tokenizer.json` written anew from what was checked
/// @param maxBaseId the largest id that is not an added token's, -1 when there is none
/// @param unused ids whose tokens stand for nothing
/// @param longestText most UTF-16 units of a text
record TokenizerDefinition(
        Path file,
        String json,
        Vocabulary vocabulary,
        int maxBaseId,
        Set<Integer> unused,
        SpecialTokens specials,
        int longestText) {
    TokenizerDefinition {
        unused = Set.copyOf(unused);
    }

    TokenizerDefinition withUnused(Set<Integer> ids) {
        return new TokenizerDefinition(file, json, vocabulary, maxBaseId, ids, specials, longestText);
    }
}
