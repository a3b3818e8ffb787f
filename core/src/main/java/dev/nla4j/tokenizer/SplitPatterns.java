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

    /// DeepSeek's first models, one after the other. Letters with a case, as an older Unicode has them; escaped, since
    /// some look like others.
    private static final String CASED_LETTERS = "A-Za-z\u00b5"
            + "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af"
            + "\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1"
            + "\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd"
            + "\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d"
            + "\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4"
            + "\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec"
            + "\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128"
            + "\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b"
            + "\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787"
            + "\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a"
            + "\ud801\udc00-\ud801\udc4f\ud801\udcb0-\ud801\udcd3\ud801\udcd8-\ud801\udcfb"
            + "\ud803\udc80-\ud803\udcb2\ud803\udcc0-\ud803\udcf2\ud806\udca0-\ud806\udcdf"
            + "\ud83a\udd00-\ud83a\udd43";

    static final String LINE_ENDS = "[\r\n]";
    static final String DEEPSEEK_LLM_LETTERS = "\\s?[" + CASED_LETTERS + "]+";
    static final String DEEPSEEK_LLM_PUNCTUATION = "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+";
    static final String DEEPSEEK_CODER_LETTERS = "\\s?\\p{L}+";
    static final String DEEPSEEK_CODER_PUNCTUATION = "\\s?\\p{P}+";
    static final String DEEPSEEK_EAST_ASIAN = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+";
    /// The authors' is without the condition, which changes no match, but keeps the search from beginning anew at each
    /// space of a long row that is not at the end.
    static final String SPACES_AT_THE_END = "(?<!\\s)\\s+$";
    static final String DIGIT = "\\p{N}";

    /// What llama.cpp does for GGUF files that name no pre-tokenizer, one after the other.
    static final String UNNAMED_PUNCTUATION = "[\\p{P}\\$\\+<=>\\^~\\|]+";
    static final String UNNAMED_NUMBERS = "\\p{N}+";
    static final String UNNAMED_DIGITS = "[0-9][0-9][0-9]";

    private static final Set<String> KNOWN = Set.of(
            GPT2,
            LLAMA3,
            QWEN2,
            QWEN35,
            TEKKEN,
            O200K,
            LINE_ENDS,
            DEEPSEEK_LLM_LETTERS,
            DEEPSEEK_LLM_PUNCTUATION,
            DEEPSEEK_CODER_LETTERS,
            DEEPSEEK_CODER_PUNCTUATION,
            DEEPSEEK_EAST_ASIAN,
            SPACES_AT_THE_END,
            DIGIT,
            UNNAMED_PUNCTUATION,
            UNNAMED_NUMBERS,
            UNNAMED_DIGITS);

    private SplitPatterns() {}

    static boolean isKnown(String pattern) {
        return KNOWN.contains(pattern);
    }
}
