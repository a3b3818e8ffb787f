package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.Message;
import dev.nla4j.chat.RenderOptions;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.gguf.GgufValue;
import dev.nla4j.format.gguf.GgufValues;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.safetensors.Safetensors;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// GGUF files as llama.cpp's converter makes them from folders of every family.
class GgufFamiliesTest {
    private static final Path GOLDENS =
            Path.of(System.getProperty("nla.root", ".")).resolve("../shared/goldens/models");

    @TempDir
    Path folder;

    static Stream<Spelling> spellings() throws URISyntaxException {
        return Spelling.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("spellings")
    void a_model_from_gguf_is_the_one_from_its_folder(Spelling spelling) throws IOException {
        String prefix = spelling.prefixes().getFirst();
        assertSame(TinyFolder.write(folder.resolve("old"), spelling.old(), prefix, 41), folder.resolve("a"));
        prefix = spelling.prefixes().getLast();
        assertSame(TinyFolder.write(folder.resolve("new"), spelling.recent(), prefix, 42), folder.resolve("b"));
    }

    @Test
    void every_golden_folder_loads_from_gguf_too() throws IOException {
        assumeTrue(Files.isDirectory(GOLDENS), "no goldens beside the project");
        List<Path> folders;
        try (Stream<Path> found = Files.list(GOLDENS)) {
            folders = found.filter(Files::isDirectory).sorted().toList();
        }
        assertThat(folders).isNotEmpty();
        for (Path golden : folders) {
            assertSame(golden, folder.resolve(golden.getFileName()));
        }
    }

    private static void assertSame(Path source, Path work) throws IOException {
        Files.createDirectories(work);
        Path gguf = GgufConversion.convert(source, work.resolve("model.gguf"), unsaid(source));
        Path rounded = GgufConversion.rounded(source, work.resolve("rounded"));
        ModelConfig expected = ModelLoader.config(rounded);
        ModelConfig found = ModelLoader.config(gguf);
        SameModel.assertSameConfig(found, expected);
        assertThat(found.stopIds()).containsExactly(expected.stopIds().getFirst());
        SameModel.assertSameNumbers(gguf, rounded, 1e-5);
    }

    /// What the converter has no key for and the sizes don't tell: windows of Mistral and Qwen2, and a scale of Gemma's
    /// scores that is not by the head's width. llama.cpp's general keys say it.
    private static Map<String, GgufValue> unsaid(Path source) {
        JsonNode json = Json.read(source.resolve("config.json"), 1 << 20);
        ModelConfig config = ModelLoader.config(source);
        Map<String, GgufValue> extra = new HashMap<>();
        int window = config.layers().getLast().window();
        boolean lost = config.family() == Family.MISTRAL || config.family() == Family.QWEN2;
        if (lost && window > 0) {
            extra.put("attention.sliding_window", GgufValues.u32(window));
        }
        if (config.family() == Family.QWEN2 && window > 0) {
            boolean[] flags = new boolean[config.numLayers()];
            for (int i = 0; i < flags.length; i++) {
                flags[i] = config.layers().get(i).window() > 0;
            }
            extra.put("attention.sliding_window_pattern", GgufValues.flags(flags));
        }
        double scalar =
                json.path("query_pre_attn_scalar").asDouble(config.heads().width());
        if (config.family().isGemma() && scalar != config.heads().width()) {
            extra.put("attention.scale", GgufValues.f32((float) (1 / Math.sqrt(scalar))));
        }
        return extra;
    }

    @Test
    void matrices_are_q8_0_or_f16_and_vectors_f32() throws IOException {
        Spelling llama = spelling("llama 2");
        Path source = TinyFolder.write(folder.resolve("source"), llama.old(), "model.", 43);
        Path gguf = GgufConversion.convert(source, folder.resolve("model.gguf"), Map.of());
        try (GgufFile file = GgufFile.open(gguf)) {
            assertThat(file.tensor("blk.0.attn_q.weight").type().name()).isEqualTo("Q8_0");
            assertThat(file.tensor("blk.0.ffn_down.weight").type().name()).isEqualTo("F16");
            assertThat(file.tensor("blk.0.attn_norm.weight").type().name()).isEqualTo("F32");
            assertThat(file.metadata().keys()).doesNotContain("tokenizer.ggml.tokens");
        }
    }

    @Test
    void a_file_without_tokens_says_which_key_is_missing_when_it_shall_read_text() throws IOException {
        Path source =
                TinyFolder.write(folder.resolve("source"), spelling("llama 2").old(), "model.", 43);
        Path gguf = GgufConversion.convert(source, folder.resolve("model.gguf"), Map.of());
        try (LanguageModel model = ModelLoader.load(gguf, DType.FP32, ModelLoader.Extent.WHOLE, Progress.NONE)) {
            assertThatThrownBy(model::tokenizer)
                    .hasMessageContaining("model.gguf: has no tokens (tokenizer.ggml.tokens)")
                    .hasMessageContaining("convert the model again");
        }
    }

    @Test
    void a_window_that_the_converter_drops_is_not_made_up() throws IOException {
        Path source = TinyFolder.write(
                folder.resolve("source"), spelling("mistral v0.1").old(), "model.", 44);
        Path gguf = GgufConversion.convert(source, folder.resolve("model.gguf"), Map.of());
        assertThat(ModelLoader.config(gguf).layers())
                .allSatisfy(layer -> assertThat(layer.window()).isZero());
    }

    @Test
    void what_gemma3_headers_leave_out_is_inferred() throws IOException {
        Path source = TinyFolder.write(
                folder.resolve("source"),
                spelling("gemma3 4b, layers without a pattern").old(),
                "model.",
                45);
        Path gguf = GgufConversion.convert(source, folder.resolve("model.gguf"), Map.of());
        try (GgufFile file = GgufFile.open(gguf)) {
            assertThat(file.metadata().keys())
                    .doesNotContain("gemma3.rope.freq_base_swa", "gemma3.attention.sliding_window_pattern");
        }
        ModelConfig config = ModelLoader.config(gguf);
        assertThat(config.layers().stream().map(ModelConfig.Layer::window)).containsExactly(16, 16, 16, 16, 16, 0, 16);
        assertThat(config.layers().getFirst().rope()).isEqualTo(new Rope(10_000, 32, new RopeScaling.None()));
        assertThat(config.layers().get(5).rope()).isEqualTo(new Rope(1_000_000, 32, new RopeScaling.Linear(8)));
        assertThat(config.heads().scale()).isEqualTo(1 / Math.sqrt(32));
    }

    @Test
    void a_period_in_the_header_goes_before_the_family_s() throws IOException {
        Path source =
                TinyFolder.write(folder.resolve("source"), spelling("gemma3 1b").old(), "model.", 46);
        Map<String, GgufValue> extra = Map.of("attention.sliding_window_pattern", GgufValues.u32(3));
        Path gguf = GgufConversion.convert(source, folder.resolve("model.gguf"), extra);
        assertThat(ModelLoader.config(gguf).layers().stream().map(ModelConfig.Layer::window))
                .containsExactly(16, 16, 0, 16, 16, 0, 16);
    }

    @Test
    void bases_of_ollama_s_gemma3_files_are_read() throws IOException {
        Path source =
                TinyFolder.write(folder.resolve("source"), spelling("gemma3 1b").old(), "model.", 47);
        Path gguf = GgufConversion.convert(
                source, folder.resolve("model.gguf"), Map.of("rope.local.freq_base", GgufValues.f32(5000)));
        // The converter's own key is there and goes first.
        assertThat(ModelLoader.config(gguf).layers().getFirst().rope().theta()).isEqualTo(10_000);
        Path other = TinyFolder.write(
                folder.resolve("other"),
                spelling("gemma3 4b, layers without a pattern").old(),
                "model.",
                48);
        gguf = GgufConversion.convert(
                other, folder.resolve("other.gguf"), Map.of("rope.local.freq_base", GgufValues.f32(5000)));
        assertThat(ModelLoader.config(gguf).layers().getFirst().rope().theta()).isEqualTo(5000);
    }

    @Test
    void all_ids_that_end_a_text_or_a_turn_stop_a_generation() throws IOException {
        ModelConfig config = header(
                Map.of(),
                Map.of(
                        "tokenizer.ggml.eos_token_id", GgufValues.u32(7),
                        "tokenizer.ggml.eot_token_id", GgufValues.u32(9),
                        "tokenizer.ggml.eom_token_id", GgufValues.u32(7),
                        "tokenizer.ggml.eos_token_ids", GgufValues.i32s(9, 11, -1)));
        assertThat(config.stopIds()).containsExactly(7, 9, 11);
    }

    @Test
    void an_id_that_no_row_has_stops_nothing() throws IOException {
        ModelConfig config = header(
                Map.of(),
                Map.of(
                        "tokenizer.ggml.eos_token_id", GgufValues.u32(7),
                        "tokenizer.ggml.eot_token_id", GgufValues.u32(4_294_967_295L)));
        assertThat(config.stopIds()).containsExactly(7);
        assertThatThrownBy(() -> header(Map.of(), Map.of("tokenizer.ggml.eos_token_id", GgufValues.f32(7))))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("must be an integer");
    }

    /// Ollama's converter leaves `yarn` out; llama.cpp's name goes first.
    @ParameterizedTest
    @CsvSource({"false, 48, 2", "true, 40, 2"})
    void the_borders_of_yarn_have_two_names(boolean both, double fast, double slow) throws IOException {
        Map<String, GgufValue> extra = new HashMap<>(Map.of(
                "rope.scaling.type", GgufValues.text("yarn"),
                "rope.scaling.factor", GgufValues.f32(4),
                "rope.scaling.original_context_length", GgufValues.u32(64),
                "rope.scaling.beta_fast", GgufValues.f32(48),
                "rope.scaling.beta_slow", GgufValues.f32(2)));
        if (both) {
            extra.put("rope.scaling.yarn_beta_fast", GgufValues.f32(40));
        }
        assertThat(header(extra, Map.of()).layers().getFirst().rope().scaling())
                .isInstanceOfSatisfying(RopeScaling.Yarn.class, yarn -> {
                    assertThat(yarn.betaFast()).isEqualTo(fast);
                    assertThat(yarn.betaSlow()).isEqualTo(slow);
                });
    }

    /// Rows of q and k lie in pairs in this architecture.
    @Test
    void heads_of_an_odd_width_are_refused_where_rows_lie_in_pairs() {
        assertThatThrownBy(() -> header(
                        Map.of(
                                "attention.key_length", GgufValues.u32(33),
                                "attention.value_length", GgufValues.u32(33),
                                "rope.dimension_count", GgufValues.u32(32)),
                        Map.of()))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("llama.attention.key_length: must be even")
                .hasMessageContaining("was 33");
    }

    /// Phi-3 alone turns a part of each head.
    @Test
    void heads_that_are_turned_in_part_are_refused() {
        assertThatThrownBy(() -> header(Map.of("rope.dimension_count", GgufValues.u32(4)), Map.of()))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("llama.rope.dimension_count: is 4, heads are 16 wide");
    }

    @Test
    void fewer_blocks_than_the_file_has_are_refused() {
        assertThatThrownBy(() -> header(Map.of("block_count", GgufValues.u32(3)), Map.of()))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("llama.block_count: is 3, and the file has blk.3.");
    }

    /// The file has a few kilobytes; nothing is allocated before shapes are proved.
    @ParameterizedTest
    @CsvSource({
        "embedding_length, 1048576, token_embd.weight, 'asks for [97, 1048576]'",
        "feed_forward_length, 1048576, blk.0.ffn_gate.weight, 'asks for [1048576, 64]'"
    })
    void a_size_that_only_the_header_claims_is_refused(String key, int size, String name, String wanted)
            throws IOException {
        Path source =
                TinyFolder.write(folder.resolve("source"), spelling("llama 2").old(), "model.", 52);
        int width = ModelLoader.config(source).heads().width();
        Path gguf = GgufConversion.convert(
                source,
                folder.resolve("model.gguf"),
                Map.of(
                        key,
                        GgufValues.u32(size),
                        "attention.key_length",
                        GgufValues.u32(width),
                        "attention.value_length",
                        GgufValues.u32(width)));
        ModelConfig config = ModelLoader.config(gguf);
        try (GgufFile file = GgufFile.open(gguf)) {
            assertThatThrownBy(() -> WeightShapes.requireNothingElse(config, WeightNames.gguf(config.family()), file))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining(name)
                    .hasMessageContaining(wanted);
        }
        assertThatThrownBy(() -> ModelLoader.load(gguf, DType.FP32, ModelLoader.Extent.WHOLE, Progress.NONE))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining(wanted);
    }

    @Test
    void a_linear_factor_needs_no_kind_beside_it() throws IOException {
        for (String key : List.of("rope.scaling.factor", "rope.scale_linear")) {
            ModelConfig config = header(Map.of(key, GgufValues.f32(4)), Map.of());
            assertThat(config.layers().getFirst().rope().scaling()).isEqualTo(new RopeScaling.Linear(4));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "rope.scaling.type, ntk, ntk",
        "rope.scaling.type, longrope, rope_factors_long.weight",
        "rope.scaling.type, yarn, rope.scaling.factor"
    })
    void a_rope_kind_that_is_unknown_or_lacks_its_numbers_is_refused_by_name(String key, String kind, String named) {
        assertThatThrownBy(() -> header(Map.of(key, GgufValues.text(kind)), Map.of()))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("llama." + key.substring(0, 12))
                .hasMessageContaining(named);
    }

    @Test
    void a_model_whose_tokens_see_those_after_them_is_refused() throws IOException {
        assertThat(header(Map.of("attention.causal", GgufValues.flag(true)), Map.of())
                        .numLayers())
                .isEqualTo(4);
        assertThatThrownBy(() -> header(Map.of("attention.causal", GgufValues.flag(false)), Map.of()))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("llama.attention.causal")
                .hasMessageContaining("see only those before them");
    }

    /// The first as DeepSeek-R1-0528-Qwen3-8B's `attn_factor`, the inverse of the usual; others are meant so.
    @ParameterizedTest
    @CsvSource({"0.8782488562869419, 1.1386294361", "1.05, 1.05", "1, 1"})
    void a_yarn_factor_that_is_the_inverse_of_the_usual_means_the_usual(float said, double meant) throws IOException {
        ModelConfig config = header(
                Map.of(
                        "rope.scaling.type", GgufValues.text("yarn"),
                        "rope.scaling.factor", GgufValues.f32(4),
                        "rope.scaling.original_context_length", GgufValues.u32(64),
                        "rope.scaling.yarn_attn_factor", GgufValues.f32(said)),
                Map.of());
        assertThat(config.layers().getFirst().rope().scaling().attentionFactor())
                .isCloseTo(meant, within(1e-6));
    }

    @Test
    void a_mixture_of_experts_is_refused() {
        assertThatThrownBy(() -> header(Map.of("expert_count", GgufValues.u32(8)), Map.of()))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("llama.expert_count");
    }

    @Test
    void one_part_of_several_is_refused() {
        assertThatThrownBy(() -> header(Map.of(), Map.of("split.count", GgufValues.u32(3))))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("split.count")
                .hasMessageContaining("--merge");
    }

    @Test
    void flags_for_too_few_layers_are_refused() {
        assertThatThrownBy(() -> header(
                        Map.of(
                                "attention.sliding_window",
                                GgufValues.u32(16),
                                "attention.sliding_window_pattern",
                                GgufValues.flags(true, false)),
                        Map.of()))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("sliding_window_pattern")
                .hasMessageContaining("2 flags");
    }

    /// llama.cpp adds these where a file has them; the header has no key for them.
    @ParameterizedTest
    @CsvSource({
        "llama 2, mlp.up_proj, blk.1.ffn_up.bias",
        "llama 2, mlp.down_proj, blk.1.ffn_down.bias",
        "llama 2, self_attn.v_proj, blk.1.attn_v.bias",
        "phi3 4k, self_attn.qkv_proj, blk.1.attn_qkv.bias"
    })
    void a_bias_that_is_not_read_is_refused_by_name(String family, String module, String named) throws IOException {
        Path source =
                TinyFolder.write(folder.resolve("source"), spelling(family).old(), "model.", 50);
        List<TensorToWrite> tensors = new ArrayList<>();
        try (TensorSource stored = Safetensors.open(source)) {
            for (String name : stored.names()) {
                float[] values = new float[Math.toIntExact(stored.tensor(name).elements())];
                MemorySegment memory = MemorySegment.ofArray(values);
                stored.readF32(name, memory);
                tensors.add(TensorToWrite.ofF32(
                        name, StoredType.F32, stored.tensor(name).shape(), memory));
            }
        }
        tensors.add(TensorToWrite.ofF32(
                "model.layers.1." + module + ".bias", StoredType.F32, List.of(2L), MemorySegment.ofArray(new float[] {
                    1, 2
                })));
        SafetensorsWriter.write(source.resolve("model.safetensors"), tensors, Map.of());
        Path gguf = GgufConversion.convert(source, folder.resolve("model.gguf"), Map.of());
        assertThatThrownBy(() -> ModelLoader.config(gguf))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining(named);
    }

    /// Phi-3's configuration class refuses a longrope that has any other member.
    @Test
    void a_longrope_of_phi3_is_exported_as_its_class_takes_it_and_read_back_the_same() throws IOException {
        Path source =
                TinyFolder.write(folder.resolve("source"), spelling("phi3 128k").old(), "model.", 51);
        Path gguf = GgufConversion.convert(source, folder.resolve("model.gguf"), Map.of());
        Path written = Files.createDirectories(folder.resolve("written"));
        new ModelExport(gguf, null, null, null, ModelExport.SHARD_BYTES).writeTo(written, Progress.NONE);
        JsonNode config = Json.read(written.resolve("config.json"), 1 << 20);
        assertThat(config.path("rope_scaling").propertyNames())
                .containsExactlyInAnyOrder("type", "short_factor", "long_factor");
        assertThat(config.path("rope_scaling").path("type").stringValue()).isEqualTo("longrope");
        SameModel.assertSameConfig(ModelLoader.config(written), ModelLoader.config(gguf));

        Path other = GgufConversion.convert(
                source, folder.resolve("other.gguf"), Map.of("rope.scaling.attn_factor", GgufValues.f32(1.5f)));
        assertThatThrownBy(() -> new ModelExport(other, null, null, null, ModelExport.SHARD_BYTES)
                        .writeTo(Files.createDirectories(folder.resolve("b")), Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("attn_factor is 1.5");
    }

    /// A llama with a window: transformers' class has none.
    @Test
    void what_no_configuration_can_say_of_a_header_is_refused() throws IOException {
        Path source =
                TinyFolder.write(folder.resolve("source"), spelling("llama 2").old(), "model.", 53);
        Path gguf = GgufConversion.convert(
                source, folder.resolve("model.gguf"), Map.of("attention.sliding_window", GgufValues.u32(3)));
        Path written = Files.createDirectories(folder.resolve("written"));
        assertThatThrownBy(() -> new ModelExport(gguf, null, null, null, ModelExport.SHARD_BYTES)
                        .writeTo(written, Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("can say which layers see a window");
    }

    @Test
    void templates_of_a_header_are_those_of_the_exported_folder() throws IOException {
        Path source =
                TinyFolder.write(folder.resolve("source"), spelling("llama 2").old(), "model.", 52);
        String key = "tokenizer.chat_template";
        Path gguf = GgufConversion.convert(
                source,
                folder.resolve("model.gguf"),
                Map.of(),
                Map.of(key, GgufValues.text("d"), key + ".tool_use", GgufValues.text("t")));
        Path written = Files.createDirectories(folder.resolve("written"));
        new ModelExport(gguf, null, null, null, ModelExport.SHARD_BYTES).writeTo(written, Progress.NONE);
        RenderOptions options = RenderOptions.of(List.of(Message.of("user", "a")));
        for (Path model : List.of(gguf, written)) {
            ChatTemplate template = ModelLoader.chatTemplate(model).orElseThrow();
            assertThat(template.render(options)).isEqualTo("d");
            assertThat(template.render(options.withVariables(Map.of("tools", List.of()))))
                    .isEqualTo("t");
        }
    }

    /// A llama with more keys: those of its architecture, and others whole.
    private ModelConfig header(Map<String, GgufValue> ofArchitecture, Map<String, GgufValue> whole) throws IOException {
        Path source =
                TinyFolder.write(folder.resolve("source"), spelling("llama 2").old(), "model.", 49);
        Path gguf = GgufConversion.convert(source, folder.resolve("model.gguf"), ofArchitecture, whole);
        return ModelLoader.config(gguf);
    }

    private static Spelling spelling(String name) {
        try {
            return Spelling.all().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
