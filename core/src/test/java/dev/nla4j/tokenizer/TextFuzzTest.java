package dev.nla4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;

/// Any text survives tokenizers that know every byte, and every token's place is a place in the text.
class TextFuzzTest {
    private static final List<Tokenizer> LOSSLESS =
            List.of(Fixtures.open("contract-qwen2"), Fixtures.open("llama3"), Fixtures.open("gemma"));

    @FuzzTest
    void what_is_encoded_decodes_to_the_same_text(FuzzedDataProvider data) {
        int which = data.consumeInt(0, LOSSLESS.size() - 1);
        Tokenizer tokenizer = LOSSLESS.get(which);
        // Gemma's decoder can't tell the character for a space from a space
        String text = which == 2 ? data.consumeRemainingAsString().replace('▁', '_') : data.consumeRemainingAsString();
        Encoding encoding = tokenizer.encode(text, false);
        assertThat(tokenizer.decode(encoding.ids(), false)).isEqualTo(SurrogateRepair.repair(text));
        assertThat(tokenizer.ids(text, false)).isEqualTo(encoding.ids());
        int reached = 0;
        for (TokenSpan token : encoding.tokens()) {
            assertThat(token.start()).isBetween(0, text.length());
            assertThat(token.end()).isBetween(token.start(), text.length());
            assertThat(token.end()).isGreaterThanOrEqualTo(reached);
            reached = token.end();
        }
        if (which == 0) {
            assertThat(reached).isEqualTo(text.length());
        }
    }
}
