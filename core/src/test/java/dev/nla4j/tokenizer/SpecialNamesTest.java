package dev.nla4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import dev.nla4j.model.LanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What the files beside a `tokenizer.json` make of it, here as transformers 5.24 reads the same folders.
///
/// The tokenizer's own added tokens are 700 `<|endoftext|>`, 701 `<|im_start|>`, 702 `<|im_end|>`, which
/// are special, and 703 `<tool_call>`, which isn't.
class SpecialNamesTest {
    @TempDir
    Path folder;

    @BeforeEach
    void copy() throws IOException {
        Files.copy(Fixtures.path("qwen.json"), folder.resolve("tokenizer.json"));
    }

    private void config(String json) throws IOException {
        Files.writeString(folder.resolve("tokenizer_config.json"), json.replace('\'', '"'));
    }

    private void map(String json) throws IOException {
        Files.writeString(folder.resolve("special_tokens_map.json"), json.replace('\'', '"'));
    }

    private void added(String json) throws IOException {
        Files.writeString(folder.resolve("added_tokens.json"), json.replace('\'', '"'));
    }

    private static String token(String content, String... flags) {
        ObjectNode token = Json.mapper()
                .createObjectNode()
                .put("content", content)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("single_word", false)
                .put("special", true);
        for (String flag : flags) {
            token.put(flag, !token.get(flag).booleanValue());
        }
        return token.toString();
    }

    private static String[] tokens(Tokenizer tokenizer, String text) {
        return tokenizer.encode(text, false).stream().map(TokenSpan::token).toArray(String[]::new);
    }

    /// What templates may ask for (`{{ image_token }}`).
    @Test
    void every_use_that_the_files_name_has_its_token() throws IOException {
        config("{'sep_token': '<|im_end|>', 'cls_token': {'__type': 'AddedToken', 'content': '<cls>'},"
                + " 'mask_token': null, 'add_bos_token': true, 'image_token': '<image>',"
                + " 'extra_special_tokens': {'boi': '<boi>'}}");
        assertThat(uses())
                .containsOnly(
                        Map.entry("sep_token", "<|im_end|>"),
                        Map.entry("cls_token", "<cls>"),
                        Map.entry("image_token", "<image>"),
                        Map.entry("boi", "<boi>"));
        map("{'mask_token': '<mask>', 'additional_special_tokens': ['<a>']}");
        assertThat(uses()).hasSize(5).containsEntry("mask_token", "<mask>");
    }

    private Map<String, String> uses() {
        try (Tokenizer tokenizer = Tokenizers.fromFolder(folder)) {
            return LanguageModel.templateSpecials(tokenizer).tokens();
        }
    }

    /// transformers has a switch for it in a library that has none here.
    @Test
    void texts_whose_special_tokens_are_to_be_cut_up_are_refused() throws IOException {
        config("{'split_special_tokens': false}");
        assertThat(uses()).isEmpty();
        config("{'split_special_tokens': true}");
        assertThatThrownBy(this::uses)
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("tokenizer_config.json: split_special_tokens: is true");
    }

    @Test
    void special_tokens_of_the_older_map_go_before_the_configurations() throws IOException {
        config("{'eos_token': {'content': '<|im_end|>', 'special': true}, 'bos_token': '<|im_end|>'}");
        map("{'pad_token': '<|endoftext|>', 'eos_token': '<|im_start|>', 'bos_token': null, 'unk_token': 'ver'}");
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [702, 700]}");
        try (Tokenizer tokenizer = Tokenizers.fromFolder(folder)) {
            SpecialTokens specials = tokenizer.specials();
            assertThat(specials.bos()).isNull();
            assertThat(specials.eos()).isEqualTo(new SpecialTokens.Special(701, "<|im_start|>"));
            assertThat(specials.pad()).isEqualTo(new SpecialTokens.Special(700, "<|endoftext|>"));
            int ver = tokenizer.id("ver").getAsInt();
            assertThat(specials.unk()).isEqualTo(new SpecialTokens.Special(ver, "ver"));
            assertThat(specials.ids()).containsExactlyInAnyOrder(700, 701, 702, ver);
            assertThat(specials.stops()).isEqualTo(Set.of(700, 701, 702));
            // a token that is special by configuration alone is cut out of words, too
            assertThat(tokenizer.encode("never", false)).contains(new TokenSpan(ver, "ver", 2, 5, true));
        }
    }

    @Test
    void a_configuration_with_added_tokens_makes_the_older_files_void() throws IOException {
        config("{'added_tokens_decoder': {}, 'eos_token': '<|im_end|>'}");
        map("{'eos_token': '<|im_start|>', 'pad_token': '<|endoftext|>'}");
        added("{'<x>': 704}");
        try (Tokenizer tokenizer = Tokenizers.fromFolder(folder)) {
            assertThat(tokenizer.specials().eos()).isEqualTo(new SpecialTokens.Special(702, "<|im_end|>"));
            assertThat(tokenizer.specials().pad()).isNull();
            assertThat(tokenizer.maxId()).isEqualTo(703);
        }
    }

    @Test
    void older_added_tokens_follow_the_tokenizers_own_in_their_order_and_are_special_when_named() throws IOException {
        config("{'eos_token': '<|im_end|>'}");
        map("{'pad_token': '<p>', 'additional_special_tokens': ['<y>'], 'extra_special_tokens': ['<z>']}");
        added("{'<x>': 9, '<y>': 8, '<p>': 7, '<z>': 10, 'another': 703}");
        try (Tokenizer tokenizer = Tokenizers.fromFolder(folder)) {
            assertThat(tokens(tokenizer, "<x><y><p><z>a")).containsExactly("<x>", "<y>", "<p>", "<z>", "a");
            assertThat(tokenizer.ids("<p><y><x><z>", false)).containsExactly(704, 705, 706, 707);
            assertThat(tokenizer.specials().ids()).containsExactlyInAnyOrder(700, 701, 702, 704, 707);
            assertThat(tokenizer.id("another")).isEmpty();
            assertThat(tokenizer.specials().pad()).isEqualTo(new SpecialTokens.Special(704, "<p>"));
        }
    }

    @Test
    void tokens_of_the_configuration_are_added_under_the_next_id_and_change_those_that_are_there() throws IOException {
        config("{'added_tokens_decoder': {'1600': " + token("<second>", "rstrip") + ", '900': " + token("<first>")
                + ", '702': " + token("<|im_end|>", "rstrip", "special") + ", '703': "
                + token("<tool_call>", "lstrip") + ", '5': " + token("ver") + ", '6': " + token("") + "}}");
        try (Tokenizer tokenizer = Tokenizers.fromFolder(folder)) {
            assertThat(tokenizer.maxId()).isEqualTo(705);
            assertThat(tokens(tokenizer, "a <second>  b<first>never"))
                    .containsExactly("a", "Ġ", "<second>", "b", "<first>", "n", "e", "ver");
            String text = "a <|im_end|>  b <tool_call> c";
            assertThat(tokens(tokenizer, text)).containsExactly("a", "Ġ", "<|im_end|>", "b", "<tool_call>", "Ġc");
            // what was special stays so, what is said to be becomes so
            assertThat(tokenizer.decode(tokenizer.ids(text, false), true)).isEqualTo("a b c");
            assertThat(tokenizer.id("<first>")).hasValue(704);
            assertThat(tokenizer.id("<second>")).hasValue(705);
            int ver = tokenizer.id("ver").getAsInt();
            assertThat(tokenizer.specials().ids()).containsExactlyInAnyOrder(700, 701, 702, 703, 704, 705, ver);
        }
    }

    /// A token that is no longer matched in the normalized text is found only as it is spelled.
    @ParameterizedTest
    @CsvSource({"false, true, true", "true, false, false"})
    void whether_a_token_is_matched_in_the_normalized_text_is_the_configurations_choice(
            boolean own, boolean configured, boolean found) throws IOException {
        ObjectNode root = (ObjectNode) Json.read(folder.resolve("tokenizer.json"), 1 << 20);
        String content = "e\u0301x";
        ((ArrayNode) root.get("added_tokens"))
                .addObject()
                .put("id", 704)
                .put("content", content)
                .put("special", true)
                .put("normalized", own);
        Files.writeString(folder.resolve("tokenizer.json"), root.toString());
        config("{'added_tokens_decoder': {'704': " + (configured ? token(content, "normalized") : token(content))
                + "}}");
        try (Tokenizer tokenizer = Tokenizers.fromFolder(folder)) {
            assertThat(tokenizer.ids("a " + content, false)).contains(704);
            assertThat(java.util.Arrays.stream(tokenizer.ids("a \u00e9x", false))
                            .anyMatch(id -> id == 704))
                    .isEqualTo(found);
        }
    }

    @Test
    void named_tokens_that_no_file_defines_are_added_in_the_order_of_their_uses() throws IOException {
        config("{'pad_token': '[PAD]', 'bos_token': '', 'eos_token': 'ver', 'mask_token': '<m>', 'sep_token': '<s>',"
                + " 'cls_token': '<c>', 'unk_token': '<u>', 'image_token': '<img>', 'add_bos_token': true,"
                + " 'extra_special_tokens': ['<e>', '', {'content': '<f>', 'rstrip': true}]}");
        try (Tokenizer tokenizer = Tokenizers.fromFolder(folder)) {
            assertThat(tokenizer.ids("<u><s>[PAD]<c><m><img><e><f>  ", false))
                    .containsExactly(704, 705, 706, 707, 708, 709, 710, 711);
            SpecialTokens specials = tokenizer.specials();
            assertThat(specials.bos()).isNull();
            assertThat(specials.pad()).isEqualTo(new SpecialTokens.Special(706, "[PAD]"));
            assertThat(specials.unk()).isEqualTo(new SpecialTokens.Special(704, "<u>"));
            assertThat(specials.ids()).contains(704, 705, 706, 707, 708, 709, 710, 711);
            assertThat(tokenizer.decode(tokenizer.ids("never [PAD]", false), true))
                    .isEqualTo("ne ");
            assertThat(tokenizer.maxBaseId()).isEqualTo(699);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'additional_special_tokens': ['<z>']} | {'additional_special_tokens': ['<y>']} | <z>",
                "{'extra_special_tokens': {}} | {'additional_special_tokens': ['<y>']} | <y>",
                "{'extra_special_tokens': []} | {'additional_special_tokens': ['<y>']} | ``",
                "{'extra_special_tokens': ['<e>'], 'additional_special_tokens': ['<z>']} | {'extra_special_tokens': ['<y>']} | <e> <y>",
                "{'extra_special_tokens': ['<e>']} | {'extra_special_tokens': {'image_token': '<y>'}} | <y>",
                "{'extra_special_tokens': {'a_token': '<e>', 'b': '<f>'}, 'image_token': '<i>'} | {} | <i> <e> <f>",
                "{'extra_special_tokens': {'a_token': '<e>'}, 'additional_special_tokens': ['<z>']} | {} | <e> <z>"
            })
    void further_special_tokens_have_a_newer_and_an_older_name(String config, String map, String expected)
            throws IOException {
        config(config);
        map(map);
        try (Tokenizer tokenizer = Tokenizers.fromFolder(folder)) {
            StringBuilder found = new StringBuilder();
            for (int id = 704; id <= tokenizer.maxId(); id++) {
                assertThat(tokenizer.specials().ids()).contains(id);
                found.append(found.isEmpty() ? "" : " ").append(tokenizer.token(id));
            }
            assertThat(found.toString()).isEqualTo(expected);
        }
    }

    @Test
    void further_special_tokens_stay_in_a_decoded_text_when_the_tokenizer_does_not_call_them_special()
            throws IOException {
        config("{'additional_special_tokens': ['<tool_call>', 'ver'], 'eos_token': '<|im_end|>'}");
        try (Tokenizer tokenizer = Tokenizers.fromFolder(folder)) {
            int[] ids = tokenizer.ids("never<tool_call>b<|im_end|>", false);
            assertThat(tokenizer.decode(ids, true)).isEqualTo("ne<tool_call>b");
        }
    }

    @Test
    void ids_that_end_a_generation_and_that_no_token_has_end_nothing() throws IOException {
        config("{'eos_token': '<|im_end|>'}");
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [-1, 700, 9999, 2147483647]}");
        try (Tokenizer tokenizer = Tokenizers.fromFolder(folder)) {
            assertThat(tokenizer.specials().stops()).containsExactlyInAnyOrder(700, 702);
        }
    }

    @Test
    void a_named_token_that_cannot_be_added_is_refused_with_the_file_that_names_it() throws IOException {
        ObjectNode root = (ObjectNode) Json.read(folder.resolve("tokenizer.json"), 1 << 20);
        ((ObjectNode) root.path("model").path("vocab")).put("far", 705);
        root.putArray("added_tokens").addObject().put("id", 701).put("content", "<a>");
        Files.writeString(folder.resolve("tokenizer.json"), root.toString());
        config("{'extra_special_tokens': ['<1>', '<2>', '<3>', '<4>']}");
        assertThatThrownBy(() -> Tokenizers.fromFolder(folder))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("tokenizer_config.json")
                .hasMessageContaining("extra_special_tokens[3]")
                .hasMessageContaining("far");
    }
}
