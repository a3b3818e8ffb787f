package dev.nla4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.gguf.GgufValue;
import dev.nla4j.format.gguf.GgufValues;
import dev.nla4j.format.gguf.GgufWriter;
import dev.nla4j.model.LanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
                Tokenizer tokenizer = Tokenizers.fromGguf(GgufVocabulary.of(file.metadata()), path)) {
            SpecialTokens specials = tokenizer.specials();
            assertThat(specials.bos()).isEqualTo(new SpecialTokens.Special(1, "<|im_start|>"));
            assertThat(specials.eos()).isEqualTo(new SpecialTokens.Special(2, "<|im_end|>"));
            assertThat(specials.unk()).isEqualTo(new SpecialTokens.Special(0, "<|endoftext|>"));
            assertThat(specials.ids()).hasSize(17);
            assertThat(specials.stops()).containsExactlyInAnyOrder(0, 2);
            assertThat(specials.addsBos()).isFalse();
            assertThat(tokenizer.vocabularySize()).isEqualTo(1152);
        }
    }

    @Test
    void smollms_digits_are_single_and_spaces_before_them_stay_together() {
        try (Tokenizer tokenizer = Tokenizers.fromGguf(REDUCED, FILE)) {
            assertThat(tokenizer.encode("   12", false))
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
    void an_id_outside_the_vocabulary_is_as_good_as_absent() {
        try (Tokenizer tokenizer = Tokenizers.fromGguf(with(specials(1152, 2, false, false)), FILE)) {
            assertThat(tokenizer.specials().bos()).isNull();
            assertThat(tokenizer.specials().eos()).isEqualTo(new SpecialTokens.Special(2, "<|im_end|>"));
        }
        assertThatThrownBy(() -> Tokenizers.fromGguf(with(specials(1152, 2, true, false)), FILE))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("bos_token_id: is missing");
    }

    /// llama.cpp writes its number for no token.
    @Test
    void an_id_that_means_none_is_absent_and_one_that_is_no_integer_is_refused() throws IOException {
        Map<String, GgufValue> header = reducedHeader();
        header.put("tokenizer.ggml.padding_token_id", GgufValues.u32(4_294_967_295L));
        header.put("tokenizer.ggml.eot_token_id", GgufValues.i32(-1));
        GgufVocabulary.Specials specials = read(header).specials();
        assertThat(specials.named()).doesNotContainKey("pad_token");
        assertThat(specials.stops()).containsExactlyInAnyOrder(0, 2);
        header.put("tokenizer.ggml.padding_token_id", GgufValues.text("0"));
        assertThatThrownBy(() -> read(header))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("tokenizer.ggml.padding_token_id")
                .hasMessageContaining("must be an integer");
    }

    /// Ollama's Llama 3 names `!`; what is named special would be cut out of texts' ids and hidden.
    @Test
    void an_ordinary_token_does_not_become_special_by_being_named_for_padding_or_the_unknown() {
        int he = REDUCED.tokens().indexOf("he");
        Map<String, Integer> ordinary = Map.of("bos_token", 1, "pad_token", he, "unk_token", he, "sep_token", he);
        GgufVocabulary.Specials named = new GgufVocabulary.Specials(ordinary, List.of(), null, null);
        try (Tokenizer tokenizer = Tokenizers.fromGguf(with(named), FILE)) {
            assertThat(tokenizer.specials().named()).containsOnlyKeys("bos_token");
            assertThat(tokenizer.specials().ids()).doesNotContain(he);
        }
        GgufVocabulary.Specials control = new GgufVocabulary.Specials(
                Map.of("bos_token", 1, "pad_token", 2, "unk_token", 0), List.of(), null, null);
        try (Tokenizer tokenizer = Tokenizers.fromGguf(with(control), FILE)) {
            assertThat(tokenizer.specials().pad()).isEqualTo(new SpecialTokens.Special(2, "<|im_end|>"));
            assertThat(tokenizer.specials().unk()).isEqualTo(new SpecialTokens.Special(0, "<|endoftext|>"));
        }
    }

    /// A folder can't say that a token stands for nothing: it has none for these ids.
    @Test
    void fillers_of_a_vocabulary_are_not_written_into_a_folder() throws IOException {
        Map<String, GgufValue> header = reducedHeader();
        int filler = REDUCED.tokens().size();
        List<String> tokens = new ArrayList<>(REDUCED.tokens());
        tokens.add("[PAD" + filler + "]");
        header.put("tokenizer.ggml.tokens", GgufValues.texts(tokens));
        header.put(
                "tokenizer.ggml.token_type",
                GgufValues.i32s(IntStream.concat(
                                REDUCED.types().stream().mapToInt(Integer::intValue),
                                IntStream.of(GgufVocabulary.UNUSED))
                        .toArray()));
        Path path = folder.resolve("model.gguf");
        GgufWriter.write(path, header, List.of());
        Path written = Files.createDirectories(folder.resolve("written"));
        try (GgufFile file = GgufFile.open(path)) {
            GgufTokenizerFiles.write(file.metadata(), path, written);
        }
        assertThat(Files.readString(written.resolve("tokenizer.json"))).doesNotContain("[PAD");
        try (Tokenizer tokenizer = Tokenizers.fromFolder(written)) {
            assertThat(tokenizer.maxId()).isEqualTo(filler - 1);
        }
    }

    /// The keys are the format's, whose separator is misspelled.
    @Test
    void every_use_that_a_file_names_has_its_token_there_and_in_the_files_of_a_folder() throws IOException {
        Map<String, GgufValue> header = reducedHeader();
        List<String> keys = List.of("unknown", "bos", "eos", "seperator", "padding", "cls", "mask");
        for (int id = 0; id < keys.size(); id++) {
            header.put("tokenizer.ggml." + keys.get(id) + "_token_id", GgufValues.u32(id));
        }
        Path path = folder.resolve("model.gguf");
        GgufWriter.write(path, header, List.of());
        Path written = Files.createDirectories(folder.resolve("written"));
        try (GgufFile file = GgufFile.open(path)) {
            GgufTokenizerFiles.write(file.metadata(), path, written);
        }
        List<String> uses =
                List.of("unk_token", "bos_token", "eos_token", "sep_token", "pad_token", "cls_token", "mask_token");
        Map<String, String> expected = new HashMap<>();
        for (int id = 0; id < uses.size(); id++) {
            expected.put(uses.get(id), REDUCED.tokens().get(id));
        }
        try (GgufFile file = GgufFile.open(path);
                Tokenizer tokenizer = Tokenizers.fromGguf(GgufVocabulary.of(file.metadata()), path);
                Tokenizer again = Tokenizers.fromFolder(written)) {
            assertThat(LanguageModel.templateSpecials(tokenizer).tokens()).isEqualTo(expected);
            assertThat(again.specials().named()).isEqualTo(tokenizer.specials().named());
        }
    }

    /// As in some Gemma 3 files.
    @Test
    void marks_of_turns_that_are_called_ordinary_are_control_tokens_all_the_same() throws IOException {
        Map<String, GgufValue> header = reducedHeader();
        int[] types = REDUCED.types().stream().mapToInt(Integer::intValue).toArray();
        types[1] = GgufVocabulary.NORMAL;
        types[2] = GgufVocabulary.NORMAL;
        header.put("tokenizer.ggml.token_type", GgufValues.i32s(types));
        GgufVocabulary vocabulary = read(header);
        assertThat(vocabulary.types()).isEqualTo(REDUCED.types());
        assertThat(vocabulary.specials().stops()).contains(2);
        try (Tokenizer tokenizer = Tokenizers.fromGguf(vocabulary, FILE)) {
            assertThat(tokenizer.encode("<|im_start|>he<|im_end|>", false))
                    .extracting(TokenSpan::tokenId, TokenSpan::special)
                    .containsExactly(tuple(1, true), tuple(REDUCED.tokens().indexOf("he"), false), tuple(2, true));
        }
        header.remove("tokenizer.ggml.token_type");
        assertThat(read(header).types())
                .hasSize(REDUCED.tokens().size())
                .startsWith(GgufVocabulary.NORMAL, GgufVocabulary.CONTROL, GgufVocabulary.CONTROL);
    }

    @Test
    void types_and_scores_beyond_the_tokens_say_nothing() throws IOException {
        Map<String, GgufValue> header = header("llama", "llama", List.of("<unk>", "a"));
        header.put("tokenizer.ggml.token_type", GgufValues.i32s(2, 1, 1));
        header.put("tokenizer.ggml.scores", GgufValues.f32s(0, 1, 2));
        assertThat(read(header).types()).containsExactly(2, 1);
        assertThat(read(header).scores()).containsExactly(0f, 1f);
    }

    @Test
    void scores_of_a_vocabulary_that_has_merges_are_not_read() throws IOException {
        Map<String, GgufValue> header = reducedHeader();
        header.put("tokenizer.ggml.scores", GgufValues.i32s(1, 2, 3));
        assertThat(read(header).scores()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "falcon3, llama-bpe",
        "pixtral, llama-bpe",
        "midm-2.0, llama-bpe",
        "phi-2, gpt-2",
        "a.x-4.0, gpt-2",
        "mellum, gpt-2",
        "kormo, megrez"
    })
    void ways_to_split_words_have_several_names(String name, String other) {
        assertThat(WordSplitting.named(name))
                .isEqualTo(WordSplitting.named(other))
                .isPresent();
    }

    /// Signs, digits one by one, and spaces at the end, each by a pattern of its own.
    @ParameterizedTest
    @CsvSource({"deepseek-llm, 'Â±|ĠĠ'", "deepseek-coder, 'Â±ĠĠ'", "gpt-2, 'Â±|ĠĠ'"})
    void deepseeks_first_models_split_words_by_patterns_of_their_own(String pre, String signAndSpaces) {
        try (Tokenizer tokenizer = Tokenizers.fromGguf(tiny(pre), FILE)) {
            assertThat(words(tokenizer, "±  ")).isEqualTo(signAndSpaces);
            if (!pre.equals("gpt-2")) {
                assertThat(words(tokenizer, "a12!a")).isEqualTo("a|1|2|!|a");
            }
        }
    }

    private static String words(Tokenizer tokenizer, String text) {
        return tokenizer.encode(text, false).stream().map(TokenSpan::token).collect(Collectors.joining("|"));
    }

    /// Merges everything that the patterns leave together.
    private static GgufVocabulary tiny(String pre) {
        return new GgufVocabulary(
                "gpt2",
                pre,
                List.of("a", "1", "2", "!", "Â", "±", "Ġ", "12", "!a", "Â±", "ĠĠ", "Â±ĠĠ", "a1", "2!"),
                List.of(),
                List.of("1 2", "! a", "Â ±", "Ġ Ġ", "Â± ĠĠ", "a 1", "2 !"),
                List.of(),
                specials(null, null, false, false),
                null,
                false);
    }

    private static Map<String, GgufValue> reducedHeader() {
        Map<String, GgufValue> header = header("llama", "gpt2", REDUCED.tokens());
        header.put("tokenizer.ggml.pre", GgufValues.text("smollm"));
        header.put("tokenizer.ggml.merges", GgufValues.texts(REDUCED.merges()));
        header.put(
                "tokenizer.ggml.token_type",
                GgufValues.i32s(
                        REDUCED.types().stream().mapToInt(Integer::intValue).toArray()));
        return header;
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
            assertThat(tokenizer.encode("bathed", false)).contains(new TokenSpan(he, "he", 3, 5, false));
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
        Map<String, Integer> named = new HashMap<>();
        named.put("bos_token", bos);
        named.put("eos_token", eos);
        named.values().removeIf(Objects::isNull);
        return new GgufVocabulary.Specials(named, List.of(), addBos, addEos);
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

    /// Files of Gemma, Phi-3 and early Llama 3 name the end of a text only, others another end than that.
    @Test
    void ends_are_known_by_their_spelling_whatever_the_file_names() throws IOException {
        Map<String, GgufValue> header = new LinkedHashMap<>();
        header.put("general.architecture", GgufValues.text("gemma2"));
        header.put("tokenizer.ggml.model", GgufValues.text("llama"));
        header.put("tokenizer.ggml.tokens", GgufValues.texts(List.of("<eos>", "<end_of_turn>", "</s>", "a")));
        header.put("tokenizer.ggml.token_type", GgufValues.i32s(3, 4, 4, 1));
        header.put("tokenizer.ggml.eos_token_id", GgufValues.u32(0));
        Path path = folder.resolve("turn.gguf");
        GgufWriter.write(path, header, List.of());
        try (GgufFile file = GgufFile.open(path)) {
            assertThat(GgufVocabulary.of(file.metadata()).specials().stops()).containsExactly(0, 1);
        }
        header.put("tokenizer.ggml.eot_token_id", GgufValues.u32(3));
        GgufWriter.write(path, header, List.of());
        try (GgufFile file = GgufFile.open(path)) {
            assertThat(GgufVocabulary.of(file.metadata()).specials().stops()).containsExactly(3, 0, 1);
        }
        header.put("tokenizer.ggml.token_type", GgufValues.i32s(3, 4, 3, 1));
        header.put("tokenizer.ggml.eos_token_ids", GgufValues.i32s(1, -1, 3));
        GgufWriter.write(path, header, List.of());
        try (GgufFile file = GgufFile.open(path)) {
            assertThat(GgufVocabulary.of(file.metadata()).specials().stops()).containsExactly(3, 1, 0, 2);
        }
    }

    /// Ollama's converter writes no such key, and llama.cpp's first one did not.
    @ParameterizedTest
    @CsvSource({"gemma,,false", "gemma3,,false", "gemma3,true,true", "llama,,", "llama,false,false"})
    void no_gemma_has_a_space_before_the_text(String architecture, Boolean said, Boolean prefix) throws IOException {
        Map<String, GgufValue> header = header(architecture, "llama", List.of("<unk>", "a"));
        if (said != null) {
            header.put("tokenizer.ggml.add_space_prefix", GgufValues.flag(said));
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
        header.put("general.name", GgufValues.text(name));
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
            header.put("tokenizer.ggml.pre", GgufValues.text(said));
        }
        assertThat(read(header).pre()).isEqualTo(found);
    }

    private static Map<String, GgufValue> header(String architecture, String model, List<String> tokens) {
        Map<String, GgufValue> header = new LinkedHashMap<>();
        header.put("general.architecture", GgufValues.text(architecture));
        header.put("tokenizer.ggml.model", GgufValues.text(model));
        header.put("tokenizer.ggml.tokens", GgufValues.texts(tokens));
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
