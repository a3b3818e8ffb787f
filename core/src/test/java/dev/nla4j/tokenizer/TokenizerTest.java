package dev.nla4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

class TokenizerTest {
    @TempDir
    Path folder;

    @Test
    void special_tokens_are_those_of_the_folders_configuration() {
        try (Tokenizer gemma = Fixtures.open("contract-gemma3")) {
            SpecialTokens specials = gemma.specials();
            assertThat(specials.bos()).isEqualTo(new SpecialTokens.Special(1, "<bos>"));
            assertThat(specials.eos()).isEqualTo(new SpecialTokens.Special(2, "<eos>"));
            assertThat(specials.pad()).isEqualTo(new SpecialTokens.Special(0, "<pad>"));
            assertThat(specials.unk()).isNull();
            assertThat(specials.ids()).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
            assertThat(specials.stops()).containsExactly(2);
            assertThat(specials.prefix()).containsExactly(1);
            assertThat(specials.suffix()).isEmpty();
            assertThat(specials.addsBos()).isTrue();
        }
    }

    @Test
    void a_tokenizer_without_begin_of_sequence_adds_none() {
        try (Tokenizer qwen = Fixtures.open("contract-qwen2")) {
            assertThat(qwen.specials().bos()).isNull();
            assertThat(qwen.specials().addsBos()).isFalse();
            assertThat(qwen.encode("", true)).isEmpty();
        }
    }

    @Test
    void a_suffix_is_known_as_such() {
        try (Tokenizer llama = Fixtures.open("llama2")) {
            assertThat(llama.specials().prefix()).containsExactly(1);
            assertThat(llama.specials().suffix()).containsExactly(2);
            assertThat(llama.ids("", true)).containsExactly(1, 2);
        }
    }

    @ParameterizedTest
    @CsvSource({"contract-qwen2,㈎", "contract-gemma3,㈜", "contract-llama,㎡"})
    void the_injection_character_is_one_token_that_is_not_special(String name, String character) {
        try (Tokenizer tokenizer = Fixtures.open(name)) {
            assertThat(tokenizer.ids(character, false)).containsExactly(1500);
            assertThat(tokenizer.encode("<concept>" + character + "</concept>", false))
                    .contains(new TokenSpan(1500, character, 9, 10, false));
            assertThat(tokenizer.vocabularySize()).isEqualTo(1501);
            assertThat(tokenizer.maxId()).isEqualTo(1500);
        }
    }

    @Test
    void special_tokens_in_the_text_are_parsed_and_marked() {
        try (Tokenizer tokenizer = Fixtures.open("contract-qwen2")) {
            assertThat(tokenizer.encode("a <|im_end|>b", false)).contains(new TokenSpan(1, "<|im_end|>", 2, 12, true));
        }
    }

    @Test
    void tokens_that_share_a_characters_bytes_share_its_place() {
        try (Tokenizer tokenizer = Fixtures.open("contract-qwen2")) {
            List<TokenSpan> tokens = tokenizer.encode("😀x", false);
            assertThat(tokens).hasSizeGreaterThan(2);
            assertThat(tokens.subList(0, tokens.size() - 1)).allMatch(t -> t.start() == 0 && t.end() == 2);
            assertThat(tokens.getLast()).matches(t -> t.start() == 2 && t.end() == 3);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\ud83d", "\ude00b", "\ud83d\ud83d\ude00", "\ude00\ud83d", "\ud83d x"})
    void a_lone_surrogate_reads_as_the_replacement_character(String text) {
        String replaced = new String(
                text.codePoints()
                        .map(c -> c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c)
                        .toArray(),
                0,
                text.codePointCount(0, text.length()));
        try (Tokenizer tokenizer = Fixtures.open("contract-qwen2")) {
            assertThat(tokenizer.encode(text, false)).isEqualTo(tokenizer.encode(replaced, false));
            assertThat(tokenizer.decode(tokenizer.ids(text, false), false)).isEqualTo(replaced);
        }
    }

    @Test
    void a_nul_character_is_a_character() {
        try (Tokenizer tokenizer = Fixtures.open("contract-qwen2")) {
            assertThat(tokenizer.decode(tokenizer.ids("a\0😀\0b", false), false))
                    .isEqualTo("a\0😀\0b");
        }
    }

    @Test
    void tokens_and_ids_are_found_by_each_other() {
        try (Tokenizer tokenizer = Fixtures.open("contract-qwen2")) {
            for (int id = 0; id <= tokenizer.maxId(); id++) {
                assertThat(tokenizer.id(tokenizer.token(id))).isEqualTo(OptionalInt.of(id));
            }
            assertThat(tokenizer.id("no such token")).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1501, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void an_id_without_a_token_is_refused(int id) {
        try (Tokenizer tokenizer = Fixtures.open("contract-qwen2")) {
            assertThatThrownBy(() -> tokenizer.decode(new int[] {1, id}, true))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(String.valueOf(id));
            assertThatThrownBy(() -> tokenizer.token(id)).isInstanceOf(InputException.class);
        }
    }

    @Test
    void a_text_over_the_bound_is_refused() {
        String text = "a".repeat(Tokenizer.LONGEST_TEXT + 1);
        try (Tokenizer tokenizer = Fixtures.open("contract-qwen2")) {
            assertThatThrownBy(() -> tokenizer.ids(text, false))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("4194305");
        }
    }

    @Tag("soak")
    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "smollm", "qwen2", "qwen35", "llama-bpe", "tekken", "gpt-4o", "default"})
    void texts_of_one_repeated_character_at_the_bound_do_not_exhaust_a_split_pattern(String pre) {
        try (Tokenizer tokenizer = Tokenizers.fromGguf(Fixtures.reduced(pre), Path.of("reduced.gguf"))) {
            for (String unit : List.of(" ", "\u00a0", "A", "\u0301", " \n")) {
                String text = unit.repeat(Tokenizer.LONGEST_TEXT / unit.length() - 1) + "x";
                assertThat(tokenizer.ids(text, false)).isNotEmpty();
            }
        }
    }

    /// As it stands in the tokenizer.json of Phi-4-mini.
    @Test
    void the_pattern_of_o200k_is_let_through_and_cuts_where_case_changes() throws IOException {
        String pattern = "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
                + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
                + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
                + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
                + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
        assertThat(Pattern.compile(pattern)
                        .matcher("HelloWorld's HTTPServer 12345\n x")
                        .results())
                .extracting(MatchResult::group)
                .containsExactly("Hello", "World's", " HTTPServer", " ", "123", "45", "\n", " x");
        ObjectNode json = (ObjectNode) Json.read(Fixtures.path("qwen.json"), 1 << 24);
        ObjectNode split =
                (ObjectNode) json.path("pre_tokenizer").path("pretokenizers").path(0);
        split.putObject("pattern").put("Regex", pattern);
        split.put("behavior", "Removed").put("invert", true);
        Path file = Files.writeString(folder.resolve("tokenizer.json"), json.toString());
        try (Tokenizer tokenizer = Tokenizers.fromFile(file)) {
            String text = "HelloWorld's 12345";
            assertThat(tokenizer.decode(tokenizer.ids(text, false), false)).isEqualTo(text);
            assertThat(tokenizer.maxBaseId()).isEqualTo(699);
            assertThat(tokenizer.maxId()).isEqualTo(703);
        }
    }

    @Test
    void a_closed_tokenizer_says_so_and_may_be_closed_again() {
        Tokenizer tokenizer = Fixtures.open("contract-qwen2");
        tokenizer.close();
        tokenizer.close();
        assertThatThrownBy(() -> tokenizer.ids("a", false))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(() -> tokenizer.decode(new int[] {1}, false)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void many_threads_get_what_one_gets_until_it_is_closed() throws Exception {
        Tokenizer tokenizer = Fixtures.open("contract-qwen2");
        String text = "The quick brown fox 😀 jumps. ".repeat(20);
        List<TokenSpan> expected = tokenizer.encode(text, true);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> results = IntStream.range(0, 400)
                    .mapToObj(i -> threads.submit(() -> sameOrClosed(tokenizer, text, expected)))
                    .toList();
            results.get(100).get();
            tokenizer.close();
            for (Future<Boolean> result : results) {
                assertThat(result.get()).isTrue();
            }
        }
    }

    private static boolean sameOrClosed(Tokenizer tokenizer, String text, List<TokenSpan> expected) {
        try {
            return tokenizer.encode(text, true).equals(expected);
        } catch (IllegalStateException e) {
            return "the tokenizer is closed".equals(e.getMessage());
        }
    }

    @Test
    void truncation_and_padding_of_the_file_are_off() throws IOException {
        String json = Files.readString(Fixtures.path("qwen.json"))
                .replace(
                        "\"truncation\": null",
                        "\"truncation\": {\"direction\":\"Right\",\"max_length\":3,\"strategy\":\"LongestFirst\",\"stride\":0}")
                .replace(
                        "\"padding\": null",
                        "\"padding\": {\"strategy\":{\"Fixed\":50},\"direction\":\"Right\",\"pad_to_multiple_of\":null,"
                                + "\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"!\"}");
        assertThat(json).contains("max_length").contains("pad_id");
        Path file = Files.writeString(folder.resolve("tokenizer.json"), json);
        try (Tokenizer with = Tokenizers.fromFile(file);
                Tokenizer without = Fixtures.open("qwen")) {
            for (String text : List.of("a", "one two three four five six")) {
                assertThat(with.encode(text, true)).isEqualTo(without.encode(text, true));
            }
        }
    }

    /// transformers 5 drops both flags where there is a `tokenizer.json`.
    @Test
    void what_the_configuration_says_of_begin_and_end_of_sequence_does_not_count() throws IOException {
        Files.copy(Fixtures.path("contract-gemma3/tokenizer.json"), folder.resolve("tokenizer.json"));
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"bos_token\": \"<bos>\", \"eos_token\": \"<eos>\", \"add_bos_token\": false,"
                        + " \"add_eos_token\": true}");
        try (Tokenizer tokenizer = Tokenizers.fromFolder(folder)) {
            assertThat(tokenizer.ids("", true)).containsExactly(1);
        }
    }

    @Test
    void ids_that_no_token_has_are_known() throws IOException {
        ObjectNode json = (ObjectNode) Json.read(Fixtures.path("qwen.json"), 1 << 24);
        ((ObjectNode) json.path("model").path("vocab")).put("last", 705).put("hole", 702);
        json.putArray("added_tokens");
        Path file = Files.writeString(folder.resolve("tokenizer.json"), json.toString());
        try (Tokenizer tokenizer = Tokenizers.fromFile(file)) {
            assertThat(tokenizer.maxId()).isEqualTo(705);
            assertThat(tokenizer.idsWithoutUse()).containsExactly(700, 701, 703, 704);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tokenizer_config.json | {\"added_tokens_decoder\": {\"x\": {}}} | ids as its names",
                "tokenizer_config.json | {\"added_tokens_decoder\": {\"1\": {}}} | added_tokens_decoder.1.content",
                "tokenizer_config.json | {\"bos_token\": 3} | must be a string",
                "tokenizer_config.json | [] | must be an object",
                "tokenizer_config.json | {\"additional_special_tokens\": \"x\"} | must be a list",
                "tokenizer_config.json | {\"extra_special_tokens\": 3} | must be a list",
                "tokenizer_config.json | {\"extra_special_tokens\": {\"image_token\": 3}} | must be a string",
                "special_tokens_map.json | {\"extra_special_tokens\": [3]} | must be a string",
                "added_tokens.json | [] | must be an object",
                "added_tokens.json | {\"<x>\": -1} | must be a whole number",
                "special_tokens_map.json | {\"pad_token\": {\"content\": []}} | must be a string",
                "generation_config.json | {\"eos_token_id\": 1.5} | must be a whole number",
                "generation_config.json | {\"eos_token_id\": {}} | must be a whole number"
            })
    void a_wrong_configuration_is_refused(String name, String content, String problem) throws IOException {
        Files.copy(Fixtures.path("qwen.json"), folder.resolve("tokenizer.json"));
        Files.writeString(folder.resolve(name), content);
        assertThatThrownBy(() -> Tokenizers.fromFolder(folder))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining(problem);
    }

    @Test
    void a_folder_without_tokenizer_is_refused_with_what_to_do() {
        assertThatThrownBy(() -> Tokenizers.fromFolder(folder))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("tokenizer.json")
                .hasMessageContaining("converted");
    }
}
