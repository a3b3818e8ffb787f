package dev.nla4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.gguf.GgufValue;
import dev.nla4j.format.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GgufTokenizerTest {
    @TempDir
    Path folder;

    private static final Path FILE = Path.of("model.gguf");
    private static final GgufVocabulary REDUCED = Fixtures.reduced("smollm");

    @Test
    void a_files_metadata_opens_as_a_tokenizer() {
        Path path = Fixtures.path("smollm2-reduced.gguf");
        try (GgufFile file = GgufFile.open(path);
                Tokenizer tokenizer = Tokenizers.fromGguf(file.metadata(), path)) {
            SpecialTokens specials = tokenizer.specials();
            assertThat(specials.bos()).isEqualTo(new SpecialTokens.Special(1, "<|im_start|>"));
            assertThat(specials.eos()).isEqualTo(new SpecialTokens.Special(2, "<|im_end|>"));
            assertThat(specials.unk()).isEqualTo(new SpecialTokens.Special(0, "<|endoftext|>"));
            assertThat(specials.ids()).hasSize(17);
            assertThat(specials.stops()).containsExactly(2);
            assertThat(specials.addsBos()).isFalse();
            assertThat(tokenizer.vocabularySize()).isEqualTo(1152);
        }
    }

    @Test
    void smollms_digits_are_single_and_spaces_before_them_stay_together() {
        try (Tokenizer tokenizer = Tokenizers.fromGguf(REDUCED, FILE)) {
            assertThat(tokenizer.encode("   12", false).tokens())
                    .extracting(TokenSpan::token)
                    .containsExactly("ĠĠĠ", "1", "2");
        }
    }

    @Test
    void what_the_file_says_of_begin_and_end_of_sequence_is_done() {
        try (Tokenizer tokenizer = Tokenizers.fromGguf(with(specials(1, 2, true, true)), FILE)) {
            assertThat(tokenizer.ids("", true)).containsExactly(1, 2);
            assertThat(tokenizer.specials().addsBos()).isTrue();
        }
        GgufVocabulary llama = Fixtures.reduced("llama-bpe");
        try (Tokenizer tokenizer = Tokenizers.fromGguf(llama, FILE)) {
            assertThat(tokenizer.ids("", true)).containsExactly(1);
        }
    }

    @Test
    void a_begin_of_sequence_that_is_added_but_not_named_is_refused() {
        assertThatThrownBy(() -> Tokenizers.fromGguf(with(specials(null, 2, true, null)), FILE))
                .isInstanceOf(FormatException.class)
                .hasMessage("model.gguf: tokenizer.ggml.bos_token_id: is missing, but the tokenizer adds that token to"
                        + " every text");
    }

    @Test
    void an_id_outside_the_vocabulary_is_refused() {
        assertThatThrownBy(() -> Tokenizers.fromGguf(with(specials(1152, 2, false, false)), FILE))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("bos_token_id: is 1152; the vocabulary has 1152 tokens");
    }

    @Test
    void phi4s_ways_to_split_words_are_known() {
        try (Tokenizer o200k = Tokenizers.fromGguf(Fixtures.reduced("gpt-4o"), FILE);
                Tokenizer dbrx = Tokenizers.fromGguf(Fixtures.reduced("dbrx"), FILE);
                Tokenizer smaug = Tokenizers.fromGguf(Fixtures.reduced("smaug-bpe"), FILE)) {
            String text = "They're HelloWorld's 12345/\n\n  x";
            assertThat(o200k.specials().addsBos()).isFalse();
            assertThat(o200k.decode(o200k.ids(text, true), false)).isEqualTo(text);
            assertThat(dbrx.ids(text, true)).isEqualTo(smaug.ids(text, true));
        }
    }

    @Test
    void an_unknown_way_to_split_words_is_refused_with_the_known_ones() {
        assertThatThrownBy(() -> Tokenizers.fromGguf(Fixtures.reduced("superbpe"), FILE))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("'superbpe'")
                .hasMessageContaining("smollm")
                .hasMessageContaining("llama-bpe")
                .hasMessageContaining("qwen2");
    }

    @Test
    void an_unknown_kind_of_vocabulary_is_refused() {
        GgufVocabulary bert = new GgufVocabulary(
                "bert",
                null,
                REDUCED.tokens(),
                List.of(),
                List.of(),
                List.of(),
                specials(1, 2, null, null),
                null,
                false);
        assertThatThrownBy(() -> Tokenizers.fromGguf(bert, FILE))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("'bert' isn't supported");
    }

    @Test
    void user_defined_tokens_are_cut_out_of_text_but_are_not_special() {
        List<Integer> types = new ArrayList<>(REDUCED.types());
        int he = REDUCED.tokens().indexOf("he");
        types.set(he, GgufVocabulary.USER_DEFINED);
        try (Tokenizer tokenizer = Tokenizers.fromGguf(with(REDUCED.tokens(), types), FILE)) {
            assertThat(tokenizer.encode("bathed", false).tokens()).contains(new TokenSpan(he, "he", 3, 5, false));
        }
    }

    @Test
    void empty_tokens_take_part_in_nothing() {
        List<String> tokens = new ArrayList<>(REDUCED.tokens());
        tokens.add("");
        tokens.add("");
        List<Integer> types = new ArrayList<>(REDUCED.types());
        types.add(GgufVocabulary.UNUSED);
        types.add(GgufVocabulary.UNUSED);
        try (Tokenizer tokenizer = Tokenizers.fromGguf(with(tokens, types), FILE)) {
            assertThat(tokenizer.maxId()).isEqualTo(1153);
            assertThat(tokenizer.ids("he", false))
                    .containsExactly(REDUCED.tokens().indexOf("he"));
        }
    }

    @Test
    void rows_that_the_vocabulary_calls_unused_are_known() {
        List<String> tokens = new ArrayList<>(REDUCED.tokens());
        List<Integer> types = new ArrayList<>(REDUCED.types());
        for (String token : List.of("[PAD1152]", "<|last|>", "[PAD1154]")) {
            tokens.add(token);
            types.add(token.startsWith("[") ? GgufVocabulary.UNUSED : GgufVocabulary.CONTROL);
        }
        try (Tokenizer tokenizer = Tokenizers.fromGguf(with(tokens, types), FILE);
                Tokenizer whole = Tokenizers.fromGguf(REDUCED, FILE)) {
            assertThat(tokenizer.idsWithoutUse()).containsExactly(1152, 1154);
            assertThat(whole.idsWithoutUse()).isEmpty();
        }
    }

    @Test
    void a_token_that_occurs_twice_is_refused() {
        List<String> tokens = new ArrayList<>(REDUCED.tokens());
        tokens.set(1000, "he");
        assertThatThrownBy(() -> Tokenizers.fromGguf(with(tokens, REDUCED.types()), FILE))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("'he' has two ids");
    }

    @Test
    void a_token_that_is_no_text_is_refused() {
        List<String> tokens = new ArrayList<>(REDUCED.tokens());
        tokens.set(1000, "x\ud83d");
        assertThatThrownBy(() -> Tokenizers.fromGguf(with(tokens, REDUCED.types()), FILE))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("surrogate");
    }

    @Test
    void types_that_are_not_one_a_token_are_refused() {
        assertThatThrownBy(() -> Tokenizers.fromGguf(with(REDUCED.tokens(), List.of(1, 1)), FILE))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("has 2 entries for 1152 tokens");
    }

    private static GgufVocabulary.Specials specials(Integer bos, Integer eos, Boolean addBos, Boolean addEos) {
        return new GgufVocabulary.Specials(bos, eos, null, null, List.of(), addBos, addEos);
    }

    private static GgufVocabulary with(GgufVocabulary.Specials specials) {
        return new GgufVocabulary(
                "gpt2",
                "smollm",
                REDUCED.tokens(),
                REDUCED.types(),
                REDUCED.merges(),
                List.of(),
                specials,
                null,
                false);
    }

    private static GgufVocabulary with(List<String> tokens, List<Integer> types) {
        return new GgufVocabulary(
                "gpt2", "smollm", tokens, types, REDUCED.merges(), List.of(), specials(1, 2, null, null), null, false);
    }

    /// Files of Gemma, Phi-3 and early Llama 3 name the end of a text only.
    @Test
    void the_end_of_a_turn_is_known_by_its_spelling_where_the_file_does_not_name_it() throws IOException {
        Map<String, GgufValue> header = new LinkedHashMap<>();
        header.put("general.architecture", GgufValue.text("gemma2"));
        header.put("tokenizer.ggml.model", GgufValue.text("llama"));
        header.put("tokenizer.ggml.tokens", GgufValue.texts(List.of("<eos>", "<end_of_turn>", "<|end|>", "a")));
        header.put("tokenizer.ggml.token_type", GgufValue.i32s(3, 4, 1, 1));
        header.put("tokenizer.ggml.eos_token_id", GgufValue.u32(0));
        Path path = folder.resolve("turn.gguf");
        GgufWriter.write(path, header, List.of());
        try (GgufFile file = GgufFile.open(path)) {
            assertThat(GgufVocabulary.of(file.metadata()).specials().stops()).containsExactly(1);
        }
        header.put("tokenizer.ggml.eot_token_id", GgufValue.u32(3));
        GgufWriter.write(path, header, List.of());
        try (GgufFile file = GgufFile.open(path)) {
            assertThat(GgufVocabulary.of(file.metadata()).specials().stops()).containsExactly(3);
        }
    }

    /// Ollama's converter writes no such key, and llama.cpp's first one did not.
    @ParameterizedTest
    @CsvSource({"gemma,,false", "gemma3,,false", "gemma3,true,true", "llama,,", "llama,false,false"})
    void no_gemma_has_a_space_before_the_text(String architecture, Boolean said, Boolean prefix) throws IOException {
        Map<String, GgufValue> header = header(architecture, "llama", List.of("<unk>", "a"));
        if (said != null) {
            header.put("tokenizer.ggml.add_space_prefix", GgufValue.flag(said));
        }
        assertThat(read(header).addSpacePrefix()).isEqualTo(prefix);
    }

    /// Phi-4 has the architecture and a vocabulary of another kind.
    @ParameterizedTest
    @CsvSource({
        "phi3, llama, Phi 3.5 Mini Instruct, true",
        "phi3, gpt2, Phi 4 Mini Instruct, false",
        "llama, llama, Phi-3-mini as a Llama, true",
        "llama, llama, Llama 2, false"
    })
    void phi3_is_known_by_architecture_and_vocabulary_or_by_its_name(
            String architecture, String model, String name, boolean strips) throws IOException {
        Map<String, GgufValue> header = header(architecture, model, List.of("<unk>", "a"));
        header.put("general.name", GgufValue.text(name));
        assertThat(read(header).stripsAfterSpecials()).isEqualTo(strips);
    }

    @ParameterizedTest
    @CsvSource({
        "llama,,true,llama-bpe",
        "llama,default,true,llama-bpe",
        "llama,smollm,true,smollm",
        "llama,,false,",
        "llama,default,false,default",
        "qwen2,,false,qwen2",
        "qwen3,,false,qwen2",
        "qwen2,default,false,default"
    })
    void first_files_of_llama3_and_qwen_are_known_without_the_name_of_their_words(
            String architecture, String said, boolean hasEot, String found) throws IOException {
        List<String> tokens = new ArrayList<>();
        for (int id = 0; id < 128_010; id++) {
            tokens.add(hasEot && id == 128_009 ? "<|eot_id|>" : "t" + id);
        }
        Map<String, GgufValue> header = header(architecture, "gpt2", tokens);
        if (said != null) {
            header.put("tokenizer.ggml.pre", GgufValue.text(said));
        }
        assertThat(read(header).pre()).isEqualTo(found);
    }

    private static Map<String, GgufValue> header(String architecture, String model, List<String> tokens) {
        Map<String, GgufValue> header = new LinkedHashMap<>();
        header.put("general.architecture", GgufValue.text(architecture));
        header.put("tokenizer.ggml.model", GgufValue.text(model));
        header.put("tokenizer.ggml.tokens", GgufValue.texts(tokens));
        return header;
    }

    private GgufVocabulary read(Map<String, GgufValue> header) throws IOException {
        Path path = folder.resolve("header.gguf");
        GgufWriter.write(path, header, List.of());
        try (GgufFile file = GgufFile.open(path)) {
            return GgufVocabulary.of(file.metadata());
        }
    }
}
