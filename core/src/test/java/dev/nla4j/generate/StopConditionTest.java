package dev.nla4j.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.tokenizer.Tokenizer;
import dev.nla4j.tokenizer.Tokenizers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StopConditionTest {
    private static final String TEXT = "</explanation>";
    private static final Path FIXTURE = Path.of("src/test/resources/tokenizer/contract-llama");

    @ParameterizedTest
    @ValueSource(strings = {"</explanation>", "some words\n</explanation>", "<</explanation>"})
    void it_holds_from_the_token_on_that_completes_the_text(String written) {
        try (Tokenizer tokenizer = Tokenizers.fromFolder(FIXTURE)) {
            StopCondition stop = StopCondition.onText(tokenizer, TEXT);
            int[] ids = tokenizer.ids(written, false);
            assertThat(first(stop, ids)).isEqualTo(ids.length);
        }
    }

    @Test
    void special_tokens_between_its_parts_do_not_hide_it() {
        try (Tokenizer tokenizer = Tokenizers.fromFolder(FIXTURE)) {
            StopCondition stop = StopCondition.onText(tokenizer, TEXT);
            int special = tokenizer.specials().ids().iterator().next();
            int[] ids = tokenizer.ids(TEXT, false);
            int[] spread = IntStream.of(ids)
                    .flatMap(id -> IntStream.concat(
                            IntStream.of(id), IntStream.generate(() -> special).limit(20)))
                    .toArray();
            assertThat(first(stop, spread)).isEqualTo(21 * (ids.length - 1) + 1);
        }
    }

    @Test
    void another_text_does_not_end_it() {
        try (Tokenizer tokenizer = Tokenizers.fromFolder(FIXTURE)) {
            int[] ids = tokenizer.ids("<explanation> an explanation </explanatio n>", false);
            assertThat(first(StopCondition.onText(tokenizer, TEXT), ids)).isEqualTo(-1);
        }
    }

    /// How many tokens there are when it first holds, -1 when it never does.
    private static int first(StopCondition stop, int[] ids) {
        return IntStream.rangeClosed(1, ids.length)
                .filter(count -> stop.isComplete(Arrays.copyOf(ids, count), count))
                .findFirst()
                .orElse(-1);
    }
}
