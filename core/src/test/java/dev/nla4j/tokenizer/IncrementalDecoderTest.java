package dev.nla4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IncrementalDecoderTest {
    private static final String TEXT = "Hello  world 😀👩‍👩‍👧 e\u0301 你好 مرحبا\n\n\tx 🇩🇪 \u0000 end ";

    @ParameterizedTest
    @ValueSource(
            strings = {"qwen", "llama3", "gemma", "llama2", "contract-qwen2", "gguf-qwen2", "gguf-sentencepiece-gemma"})
    void the_pieces_of_a_text_are_the_text(String name) {
        try (Tokenizer tokenizer = Fixtures.open(name)) {
            int[] ids = tokenizer.ids(TEXT, false);
            StringBuilder pieces = new StringBuilder();
            IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, false);
            for (int id : ids) {
                String piece = decoder.add(id);
                assertThat(piece).doesNotContain("\uFFFD");
                pieces.append(piece);
            }
            pieces.append(decoder.finish());
            assertThat(pieces.toString()).isEqualTo(tokenizer.decode(ids, false));
        }
    }

    @Test
    void the_pieces_of_any_byte_level_ids_are_their_text() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        try (Tokenizer tokenizer = Fixtures.open("contract-qwen2")) {
            for (int run = 0; run < 200; run++) {
                int[] ids = random.ints(1 + random.nextInt(30), 0, tokenizer.vocabularySize())
                        .map(id -> random.nextBoolean() ? id : id % 260)
                        .toArray();
                boolean skip = random.nextBoolean();
                IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, skip);
                StringBuilder pieces = new StringBuilder();
                for (int id : ids) {
                    pieces.append(decoder.add(id));
                }
                pieces.append(decoder.finish());
                assertThat(pieces.toString()).as("seed %d, run %d", seed, run).isEqualTo(tokenizer.decode(ids, skip));
            }
        }
    }

    @Test
    void a_character_comes_with_its_last_byte_and_not_before() {
        try (Tokenizer tokenizer = Fixtures.open("contract-qwen2")) {
            int[] ids = tokenizer.ids("😀", false);
            assertThat(ids).hasSizeGreaterThan(1);
            IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, false);
            for (int i = 0; i < ids.length - 1; i++) {
                assertThat(decoder.add(ids[i])).isEmpty();
            }
            assertThat(decoder.add(ids[ids.length - 1])).isEqualTo("😀");
            assertThat(decoder.finish()).isEmpty();
        }
    }

    @Test
    void an_unfinished_character_is_shown_at_the_end() {
        try (Tokenizer tokenizer = Fixtures.open("contract-qwen2")) {
            IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, false);
            assertThat(decoder.add(tokenizer.ids("a", false)[0])).isEqualTo("a");
            assertThat(decoder.add(tokenizer.ids("😀", false)[0])).isEmpty();
            assertThat(decoder.finish()).isEqualTo("\uFFFD");
            assertThat(decoder.finish()).isEmpty();
        }
    }
}
