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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Files that would end the process, be read as something else, or exhaust memory, if the native library saw them.
class TokenizerJsonTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/model | null | must be an object",
                "/model | [] | must be an object",
                "/model/type | \"Unigram\" | type 'Unigram' isn't supported",
                "/model/type | 1 | must be a string",
                "/model/vocab | null | must be an object",
                "/model/vocab | {\"a\": 4194304} | ids go from 0",
                "/model/vocab | {\"a\": 2147483653} | ids go from 0",
                "/model/vocab | {\"a\": -1} | ids go from 0",
                "/model/vocab | {\"a\": 1.0} | ids go from 0",
                "/model/vocab | {\"a\": \"1\"} | ids go from 0",
                "/model/vocab | {\"a\": 0, \"b\": 0} | also the id of",
                "/model/vocab | {} | would get 0",
                "/model/merges | null | must be a list",
                "/model/merges | {} | must be a list",
                "/model/merges | [\"a b c\"] | entry 0 must be two tokens",
                "/model/merges | [\"ab\"] | entry 0 must be two tokens",
                "/model/merges | [[\"a\"]] | entry 0 must be two tokens",
                "/model/merges | [[\"a\", 1]] | entry 0 must be two tokens",
                "/model/merges | [[\"a\", \"nope\"]] | out of vocabulary",
                "/model/merges | [[\"~\", \"~\"]] | out of vocabulary",
                "/model/unk_token | \"nope\" | isn't in the vocabulary",
                "/model/unk_token | 7 | must be a string",
                "/model/dropout | 0.5 | isn't supported",
                "/model/continuing_subword_prefix | \"zzzzzzzz\" | isn't supported",
                "/model/end_of_word_suffix | \"</w>\" | isn't supported",
                "/model/fuse_unk | \"yes\" | must be true or false",
                "/added_tokens | {} | must be a list",
                "/added_tokens | [{\"id\": 700}] | added_tokens[0].content: is missing",
                "/added_tokens | [{\"id\": 700, \"content\": \"\"}] | must not be empty",
                "/added_tokens | [{\"id\": 701, \"content\": \"<x>\"}] | would get 700",
                "/added_tokens | [{\"id\": 5, \"content\": \"<x>\"}] | would get 700",
                "/added_tokens | [{\"id\": 700, \"content\": \"<x>\"}, {\"id\": 700, \"content\": \"<x>\", \"lstrip\": true}] | added twice, with different",
                "/added_tokens | [{\"id\": 700, \"content\": \"<x>\"}, {\"id\": 700, \"content\": \"<y>\"}] | would get 701",
                "/added_tokens | [{\"id\": \"700\", \"content\": \"<x>\"}] | must be a whole number",
                "/normalizer | {\"type\": \"Precompiled\", \"precompiled_charsmap\": \"AAAA\"} | isn't supported",
                "/normalizer | {\"type\": \"Replace\", \"pattern\": {\"String\": \"\"}, \"content\": \"x\"} | must not be empty",
                "/normalizer | {\"type\": \"Replace\", \"pattern\": {\"Regex\": \"(x+x+)+y\"}, \"content\": \"x\"} | is missing",
                "/normalizer | {\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"01234567890123456\"} | at most 16",
                "/normalizer | {\"type\": \"Prepend\", \"prepend\": \"\"} | must be one character",
                "/normalizer | {\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Sequence\"}]} | isn't supported",
                "/normalizer | \"NFC\" | must be an object",
                "/pre_tokenizer | {\"type\": \"Split\", \"pattern\": {\"Regex\": \"(x+x+)+y\"}} | that no known tokenizer uses: \"(x+x+)+y\"",
                "/pre_tokenizer | {\"type\": \"Split\", \"pattern\": {\"String\": \" \"}, \"behavior\": \"Explode\"} | must be one of Removed",
                "/pre_tokenizer | {\"type\": \"Metaspace\", \"replacement\": \"ab\"} | must be one character",
                "/pre_tokenizer | {\"type\": \"Metaspace\", \"replacement\": \"_\", \"prepend_scheme\": \"last\"} | must be one of first",
                "/pre_tokenizer | {\"type\": \"UnicodeScripts\"} | isn't supported",
                "/pre_tokenizer | {\"type\": \"ByteLevel\", \"use_regex\": 1} | must be true or false",
                "/decoder | {\"type\": \"Strip\", \"content\": \"x\", \"start\": 0, \"stop\": 100} | must be a whole number from 0 to 0",
                "/decoder | {\"type\": \"WordPiece\"} | isn't supported",
                "/post_processor | {\"type\": \"RobertaProcessing\"} | isn't supported",
                "/post_processor | {\"type\": \"TemplateProcessing\"} | single: is missing",
                "/post_processor | {\"type\": \"TemplateProcessing\", \"single\": []} | no place for the text",
                "/post_processor | {\"type\": \"TemplateProcessing\", \"single\": [{\"Sequence\": {\"id\": \"B\"}}]} | the sequence A",
                "/post_processor | {\"type\": \"TemplateProcessing\", \"single\": [{\"Sequence\": {\"id\": \"A\"}}, {\"Sequence\": {\"id\": \"A\"}}]} | once",
                "/post_processor | {\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"<bos>\"}}, {\"Sequence\": {\"id\": \"A\"}}], \"special_tokens\": {}} | <bos>.ids: is missing",
                "/post_processor | {\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"b\"}}], \"special_tokens\": {\"b\": {\"ids\": [4000]}}} | which no token has"
            })
    void a_hostile_value_is_refused_where_it_stands(String place, String value, String problem) throws IOException {
        ObjectNode root = qwen();
        int slash = place.lastIndexOf('/');
        ObjectNode parent = (ObjectNode) root.at(place.substring(0, slash));
        parent.set(place.substring(slash + 1), Json.mapper().readTree(value));

        assertThatThrownBy(() -> open(root))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("tokenizer.json")
                .hasMessageContaining(problem)
                .hasMessageNotContaining("\n");
    }

    /// Each of the steps would be let through alone.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "normalizer | normalizers | {\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"aaa\"} | grow to 9.0 times",
                "normalizer | normalizers | {\"type\": \"Prepend\", \"prepend\": \"a\"} | second Prepend",
                "normalizer | normalizers | {\"type\": \"NFKC\"} | second Unicode normalization",
                "pre_tokenizer | pretokenizers | {\"type\": \"ByteLevel\", \"use_regex\": false} | second ByteLevel",
                "pre_tokenizer | pretokenizers | {\"type\": \"Metaspace\", \"replacement\": \"_\"} | second Metaspace",
                "decoder | decoders | {\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"aaa\"} | grow to 9.0 times"
            })
    void steps_that_make_a_text_ever_longer_are_refused(String field, String list, String step, String problem)
            throws IOException {
        ObjectNode root = qwen();
        ArrayNode steps = root.putObject(field).put("type", "Sequence").putArray(list);
        steps.add(Json.mapper().readTree(step));
        open(root).close();
        steps.add(Json.mapper().readTree(step));
        assertThatThrownBy(() -> open(root))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining(field + "." + list + "[1]")
                .hasMessageContaining(problem);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "normalizer | {\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"▁\"} | 1",
                "normalizer | {\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"    \"} | 4",
                "normalizer | {\"type\": \"NFKC\"} | 4",
                "pre_tokenizer | {\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"ByteLevel\"}, {\"type\": \"Digits\"}]} | 1",
                "pre_tokenizer | {\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"ByteLevel\"}, {\"type\": \"Split\","
                        + " \"pattern\": {\"String\": \"x\"}, \"behavior\": \"Isolated\"}]} | 3"
            })
    void the_longest_text_is_counted_after_it_has_grown(String field, String step, int times) throws IOException {
        ObjectNode root = qwen();
        root.putNull("pre_tokenizer").set(field, Json.mapper().readTree(step));
        int longest = TokenizerJson.check(folder, root, SpecialNames.NONE).longestText();
        assertThat(longest).isEqualTo(Tokenizer.LONGEST_TEXT / times);
        if (times > 1) {
            try (Tokenizer tokenizer = open(root)) {
                assertThatThrownBy(() -> tokenizer.ids("a".repeat(longest + 1), false))
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining("at most " + longest);
            }
        }
    }

    @Test
    void what_the_library_reads_is_read_too() throws IOException {
        ObjectNode root = qwen();
        ((ObjectNode) root.get("model")).put("dropout", 0.0).put("unk_token", "<|im_end|>");
        ArrayNode added = (ArrayNode) root.get("added_tokens");
        added.add(added.get(0).deepCopy());
        root.set(
                "normalizer",
                Json.mapper().readTree("{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"\"}"));
        try (Tokenizer tokenizer = open(root)) {
            assertThat(tokenizer.maxId()).isEqualTo(703);
            assertThat(tokenizer.encode("abc", false))
                    .extracting(TokenSpan::token)
                    .containsExactly("b", "c");
            assertThat(tokenizer.ids("a", false)).isEmpty();
            assertThat(tokenizer.encode("aaa <tool_call>a", false))
                    .extracting(TokenSpan::token)
                    .containsExactly("Ġ", "<tool_call>");
        }
    }

    /// As in the reference: texts that need it can't be read, others can.
    @Test
    void an_unknown_token_that_is_only_added_is_an_error_where_a_character_is_unknown() throws IOException {
        ObjectNode root = (ObjectNode) Json.read(Fixtures.path("llama2.json"), 1 << 20);
        ((ObjectNode) root.get("model")).put("byte_fallback", false).put("unk_token", "<mask>");
        try (Tokenizer tokenizer = open(root)) {
            assertThat(tokenizer.encode("a b", false))
                    .extracting(TokenSpan::token)
                    .containsExactly("▁a", "▁b");
            assertThatThrownBy(() -> tokenizer.ids("aሴb", false))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("<mask>");
        }
    }

    @Test
    void a_missing_model_is_refused() {
        ObjectNode root = qwen();
        root.remove("model");
        assertThatThrownBy(() -> open(root))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("model: is missing; expected an object");
    }

    @Test
    void a_second_template_is_refused() throws IOException {
        JsonNode template = Json.mapper()
                .readTree("{\"type\": \"TemplateProcessing\", \"single\": [{\"Sequence\": {\"id\": \"A\"}}]}");
        ObjectNode root = qwen();
        ArrayNode steps =
                root.putObject("post_processor").put("type", "Sequence").putArray("processors");
        steps.add(template).add(template);
        assertThatThrownBy(() -> open(root)).hasMessageContaining("second template");
    }

    @Test
    void too_many_added_characters_are_refused() throws IOException {
        ObjectNode root = qwen();
        ArrayNode added = root.putArray("added_tokens");
        for (int i = 0; i < 2200; i++) {
            added.addObject().put("id", 700 + i).put("content", i + "x".repeat(990));
        }
        assertThatThrownBy(() -> open(root)).hasMessageContaining("2097152 characters");
    }

    @Test
    void a_file_over_the_bound_is_not_read() throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.write(file, new byte[(64 << 20) + 1]);
        assertThatThrownBy(() -> Tokenizers.fromFile(file))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("67108864 bytes");
    }

    @Test
    void older_files_without_model_type_and_with_merges_as_strings_are_read() throws IOException {
        ObjectNode root = qwen();
        ObjectNode model = (ObjectNode) root.get("model");
        model.remove("type");
        List<String> merges = model.get("merges")
                .valueStream()
                .map(pair -> pair.get(0).stringValue() + " " + pair.get(1).stringValue())
                .toList();
        ArrayNode strings = model.putArray("merges");
        merges.forEach(strings::add);
        try (Tokenizer older = open(root);
                Tokenizer newer = Fixtures.open("qwen")) {
            String text = "What the older one says, the newer says too.";
            assertThat(older.encode(text, true)).isEqualTo(newer.encode(text, true));
        }
    }

    private static ObjectNode qwen() {
        return (ObjectNode) Json.read(Fixtures.path("qwen.json"), 1 << 20);
    }

    private Tokenizer open(JsonNode root) throws IOException {
        return Tokenizers.fromFile(Files.writeString(folder.resolve("tokenizer.json"), root.toString()));
    }
}
