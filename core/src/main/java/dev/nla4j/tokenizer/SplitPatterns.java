package dev.nla4j.tokenizer;

import java.util.Set;

/// The regular expressions that cut text into words before merging, word for word as the models' authors published
/// them.
///
/// They run in a backtracking engine that ends the whole process when it gives up, so a file can't bring its own:
/// only these, which need a number of steps that grows with the text's length and no faster, are let through.
final class SplitPatterns {
    static final String GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String WORDS = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
    private static final String SYMBOLS = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|";
    static final String LLAMA3 = CONTRACTIONS + WORDS + "\\p{N}{1,3}" + SYMBOLS + SPACES;
    static final String QWEN2 = CONTRACTIONS + WORDS + "\\p{N}" + SYMBOLS + SPACES;
    static final String QWEN35 = CONTRACTIONS
            + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|"
            + SPACES;

    private static final String LEAD = "[^\\r\\n\\p{L}\\p{N}]?";
    private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    static final String TEKKEN = LEAD + UPPER + "*" + LOWER + "+|" + LEAD + UPPER + "+" + LOWER + "*"
            + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + SPACES;

    static final String O200K = LEAD + UPPER + "*" + LOWER + "+" + CONTRACTIONS + "?|" + LEAD + UPPER + "+" + LOWER
            + "*" + CONTRACTIONS + "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + SPACES;

    /// What llama.cpp does for GGUF files that name no pre-tokenizer, one after the other.
    static final String UNNAMED_PUNCTUATION = "[\\p{P}\\$\\+<=>\\^~\\|]+";
    static final String UNNAMED_NUMBERS = "\\p{N}+";
    static final String UNNAMED_DIGITS = "[0-9][0-9][0-9]";

    private static final Set<String> KNOWN =
            Set.of(GPT2, LLAMA3, QWEN2, QWEN35, TEKKEN, O200K, UNNAMED_PUNCTUATION, UNNAMED_NUMBERS, UNNAMED_DIGITS);

    private SplitPatterns() {}

    static boolean isKnown(String pattern) {
        return KNOWN.contains(pattern);
    }
}
