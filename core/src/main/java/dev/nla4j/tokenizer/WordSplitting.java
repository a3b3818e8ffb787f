package dev.nla4j.tokenizer;

import java.util.List;
import java.util.Optional;

/// How a byte-level vocabulary in a GGUF file cuts text into words (`tokenizer.ggml.pre`), with what goes with it.
/// The rules are those of the tokenizers that the names were made from.
///
/// @param names as files write it
/// @param composes whether text is brought to composed characters first
/// @param singleDigits whether every digit is a word by itself, before the patterns apply
/// @param patterns applied one after the other, each to the pieces that those before it left
/// @param ignoresMerges whether a word that is a token stays whole, whatever the merges say
/// @param addsBos whether a begin-of-sequence token is added when the file doesn't say
record WordSplitting(
        List<String> names,
        boolean composes,
        boolean singleDigits,
        List<String> patterns,
        boolean ignoresMerges,
        boolean addsBos) {
    private static final List<WordSplitting> KNOWN = List.of(
            plain("gpt-2", "gpt2", "phi-2", "a.x-4.0", "mellum").withPatterns(SplitPatterns.GPT2),
            plain("smollm").withSingleDigits().withPatterns(SplitPatterns.GPT2),
            plain("qwen2", "deepseek-r1-qwen").withComposing().withPatterns(SplitPatterns.QWEN2),
            plain("megrez", "kormo").withPatterns(SplitPatterns.QWEN2),
            plain("qwen35").withComposing().withPatterns(SplitPatterns.QWEN35),
            plain("llama-bpe", "llama-v3", "llama3", "falcon3", "pixtral", "midm-2.0")
                    .withPatterns(SplitPatterns.LLAMA3)
                    .asLlama3(),
            plain("smaug-bpe", "dbrx").withPatterns(SplitPatterns.LLAMA3),
            plain("gpt-4o").withPatterns(SplitPatterns.O200K),
            plain("tekken").withPatterns(SplitPatterns.TEKKEN).asLlama3(),
            plain("deepseek-coder")
                    .withPatterns(
                            SplitPatterns.LINE_ENDS,
                            SplitPatterns.DEEPSEEK_CODER_LETTERS,
                            SplitPatterns.DEEPSEEK_CODER_PUNCTUATION,
                            SplitPatterns.DEEPSEEK_EAST_ASIAN,
                            SplitPatterns.DIGIT),
            plain("deepseek-llm")
                    .withPatterns(
                            SplitPatterns.LINE_ENDS,
                            SplitPatterns.DEEPSEEK_LLM_LETTERS,
                            SplitPatterns.DEEPSEEK_LLM_PUNCTUATION,
                            SplitPatterns.SPACES_AT_THE_END,
                            SplitPatterns.DEEPSEEK_EAST_ASIAN,
                            SplitPatterns.DIGIT),
            plain("default")
                    .withPatterns(
                            SplitPatterns.UNNAMED_PUNCTUATION,
                            SplitPatterns.GPT2,
                            SplitPatterns.UNNAMED_NUMBERS,
                            SplitPatterns.UNNAMED_DIGITS));

    static Optional<WordSplitting> named(String name) {
        return KNOWN.stream().filter(s -> s.names.contains(name)).findFirst();
    }

    static List<String> allNames() {
        return KNOWN.stream().flatMap(s -> s.names.stream()).toList();
    }

    private static WordSplitting plain(String... names) {
        return new WordSplitting(List.of(names), false, false, List.of(), false, false);
    }

    private WordSplitting withPatterns(String... newPatterns) {
        return new WordSplitting(names, composes, singleDigits, List.of(newPatterns), ignoresMerges, addsBos);
    }

    private WordSplitting withSingleDigits() {
        return new WordSplitting(names, composes, true, patterns, ignoresMerges, addsBos);
    }

    private WordSplitting withComposing() {
        return new WordSplitting(names, true, singleDigits, patterns, ignoresMerges, addsBos);
    }

    private WordSplitting asLlama3() {
        return new WordSplitting(names, composes, singleDigits, patterns, true, true);
    }
}
