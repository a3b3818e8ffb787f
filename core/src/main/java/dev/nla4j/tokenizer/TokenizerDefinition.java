package dev.nla4j.tokenizer;

import java.nio.file.Path;

/// A checked tokenizer, ready for the native library.
///
/// @param file where it comes from, for errors
/// @param json a `tokenizer.json` written anew from what was checked
/// @param maxBaseId the largest id that is not an added token's, -1 when there is none
record TokenizerDefinition(Path file, String json, Vocabulary vocabulary, int maxBaseId, SpecialTokens specials) {}
