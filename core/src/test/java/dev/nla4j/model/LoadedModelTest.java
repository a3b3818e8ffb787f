package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.gguf.GgufValue;
import dev.nla4j.format.gguf.GgufWriter;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.safetensors.Safetensors;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.model.ModelLoader.Extent;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tokenizer.GgufVocabulary;
import dev.nla4j.tokenizer.Tokenizer;
import dev.nla4j.tokenizer.Tokenizers;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What becomes of files that hold more than their configuration names, and of a model that is closed.
class LoadedModelTest {
    private static final String TIED = "llama 3.2, tied, rows of 72";
    private static final String HEAD = "lm_head.weight";

    @TempDir
    Path folder;

    /// The file counts, as in transformers: an adapter with a head of its own was merged.
    @ParameterizedTest
    @EnumSource(DType.class)
    void a_head_that_is_not_the_embedding_table_is_used_though_the_configuration_ties_them(DType dtype)
            throws IOException {
        Path source = tied("source");
        Path untied = tied("untied");
        float[] head = numbers(97 * 72, 7);
        add(source, HEAD, List.of(97L, 72L), head);
        add(untied, HEAD, List.of(97L, 72L), head);
        Path config = untied.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replaceFirst("\"tie_word_embeddings\":\\s*true", "\"tie_word_embeddings\": false"));
        float[] expected = logits(untied, dtype);
        assertThat(ModelLoader.config(untied).tiedHead()).isFalse();
        assertThat(logits(source, dtype)).isEqualTo(expected);
        try (LanguageModel model = ModelLoader.load(source, dtype, Extent.WHOLE, Progress.NONE);
                LanguageModel learner = ModelLoader.loadToLearn(source, dtype, Extent.WHOLE, Progress.NONE);
                LanguageModel trunk = ModelLoader.load(source, dtype, Extent.TRUNK, Progress.NONE)) {
            assertThat(model.config().tiedHead()).isFalse();
            assertThat(model.weights().tied()).isFalse();
            assertThat(learner.weights().head()).isNotNull();
            assertThat(trunk.weights().head()).isNull();
        }
        Path written = Files.createDirectories(folder.resolve("written"));
        new ModelExport(source, null, null, null, ModelExport.SHARD_BYTES).writeTo(written, Progress.NONE);
        assertThat(logits(written, dtype)).isEqualTo(expected);
    }

    @Test
    void small_files_go_along_with_an_export() throws IOException {
        Path source = tied("source");
        Files.writeString(source.resolve("special_tokens_map.json"), "{ }");
        Path templates = Files.createDirectories(source.resolve("additional_chat_templates"));
        Files.writeString(templates.resolve("tool_use.jinja"), "t");
        Files.writeString(templates.resolve("a b.jinja"), "no name of a template");
        Path written = Files.createDirectories(folder.resolve("written"));
        ModelExport export = new ModelExport(source, null, null, null, ModelExport.SHARD_BYTES);
        export.writeTo(written, Progress.NONE);
        assertThat(written.resolve("special_tokens_map.json")).content().isEqualTo("{ }");
        assertThat(written.resolve("additional_chat_templates/tool_use.jinja"))
                .content()
                .isEqualTo("t");
        assertThat(written.resolve("additional_chat_templates").toFile().list()).hasSize(1);
        Files.write(templates.resolve("rag.jinja"), new byte[(1 << 20) + 1]);
        assertThatThrownBy(() -> export.writeTo(written, Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("rag.jinja: has 1048577 bytes");
    }

    /// The hub's code is not brought along; a reconstructor reads the last token of texts of all lengths.
    @Test
    void an_export_names_no_code_beside_it_and_a_trunk_pads_on_the_right() throws IOException {
        Path source = tied("source");
        ObjectNode config =
                (ObjectNode) Json.read(source.resolve("config.json"), 1 << 20).deepCopy();
        config.putObject("auto_map").put("AutoConfig", "configuration_own.OwnConfig");
        Files.writeString(source.resolve("config.json"), config.toString());
        Files.writeString(source.resolve("tokenizer_config.json"), "{\"padding_side\": \"left\", \"legacy\": true}");
        for (@Nullable Integer blocks : new @Nullable Integer[] {null, 2}) {
            Path written = Files.createDirectories(folder.resolve("written-" + blocks));
            new ModelExport(source, null, blocks, null, ModelExport.SHARD_BYTES).writeTo(written, Progress.NONE);
            assertThat(Json.read(written.resolve("config.json"), 1 << 20).has("auto_map"))
                    .isFalse();
            JsonNode tokenizer = Json.read(written.resolve("tokenizer_config.json"), 1 << 20);
            assertThat(tokenizer.path("padding_side").stringValue()).isEqualTo(blocks == null ? "left" : "right");
            assertThat(tokenizer.path("legacy").booleanValue()).isTrue();
        }
    }

    @Test
    void a_head_that_is_the_embedding_table_again_stays_tied() throws IOException {
        Path source = tied("source");
        float[] expected = logits(source, DType.FP32);
        float[] table;
        try (TensorSource stored = Safetensors.open(source)) {
            table = read(stored, "model.embed_tokens.weight");
        }
        add(source, HEAD, List.of(97L, 72L), table);
        assertThat(logits(source, DType.FP32)).isEqualTo(expected);
        try (LanguageModel model = ModelLoader.load(source, DType.FP32, Extent.WHOLE, Progress.NONE)) {
            assertThat(model.config().tiedHead()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "model.layers.1.self_attn.inner_attn_ln.weight, true",
        "model.layers.3.mlp.down_proj.weight_scale, true",
        "model.layers.3.self_attn.rotary_emb.inv_freq, false",
        "model.layers.4.input_layernorm.weight, false",
        "vision_tower.layers.1.norm.weight, false"
    })
    void what_a_block_has_beyond_its_family_is_refused_by_name(String name, boolean refused) throws IOException {
        Path source = tied("source");
        add(source, name, List.of(3L), new float[] {1, 2, 3});
        assertRefused(source, name, refused);
        Path written = Files.createDirectories(folder.resolve("written"));
        ModelExport export = new ModelExport(source, null, 2, null, ModelExport.SHARD_BYTES);
        if (refused && name.contains("layers.1")) {
            assertThatThrownBy(() -> export.writeTo(written, Progress.NONE)).hasMessageContaining(name);
        } else {
            export.writeTo(written, Progress.NONE);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "blk.1.attn_sub_norm.weight, is in a block",
        "blk.0.ffn_up.scale, is in a block",
        "blk.0.attn_rot_embd.weight,",
        "blk.4.attn_norm.weight, llama.block_count: is 4",
        "blk.01.attn_norm.weight, is nothing that this program reads",
        "token_embd_norm.weight, is nothing that this program reads",
        "output.scale, is nothing that this program reads",
        "cls.output.weight,",
        "mm.mm_soft_emb_norm.weight,",
        "v.blk.0.attn_q.weight,"
    })
    void what_a_gguf_has_beyond_its_family_is_refused_by_name(String name, @Nullable String refused)
            throws IOException {
        Path plain = GgufConversion.convert(tied("source"), folder.resolve("plain.gguf"), Map.of());
        Path more = folder.resolve("more.gguf");
        try (GgufFile file = GgufFile.open(plain)) {
            List<TensorToWrite> tensors = new ArrayList<>();
            for (String stored : file.names()) {
                tensors.add(tensor(
                        stored, file.tensor(stored).type(), file.tensor(stored).shape(), read(file, stored)));
            }
            tensors.add(tensor(name, StoredType.F32, List.of(3L), new float[] {1, 2, 3}));
            Map<String, GgufValue> header = new LinkedHashMap<>();
            file.metadata()
                    .keys()
                    .forEach(key -> header.put(key, file.metadata().value(key).orElseThrow()));
            GgufWriter.write(more, header, tensors);
        }
        if (refused == null) {
            assertThat(logits(more, DType.FP32)).isEqualTo(logits(plain, DType.FP32));
        } else {
            assertThatThrownBy(() -> ModelLoader.load(more, DType.FP32, Extent.WHOLE, Progress.NONE))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining(name)
                    .hasMessageContaining(refused);
        }
    }

    /// transformers multiplies by the root rounded to the weights' type.
    @Test
    void gemma_s_embedding_scale_is_rounded_to_bf16_with_weights_in_bf16() throws IOException {
        String config = spelling("gemma").old().replace("\"hidden_size\":64", "\"hidden_size\":48");
        Path source = TinyFolder.write(folder.resolve("source"), config, "model.", 61);
        assertThat(ModelLoader.config(source).dim()).isEqualTo(48);
        float[] row;
        try (TensorSource stored = Safetensors.open(source)) {
            row = read(stored, "model.embed_tokens.weight");
        }
        for (DType dtype : DType.values()) {
            double scale = dtype == DType.BF16 ? 6.9375 : Math.sqrt(48);
            try (LanguageModel model = ModelLoader.load(source, dtype, Extent.WHOLE, Progress.NONE);
                    Scope _ = Scope.noGrad()) {
                float[] embedded = Tensors.floats(model.decoder().embed(Tensors.ids(new int[][] {{0}})));
                for (int i = 0; i < 48; i++) {
                    assertThat((double) embedded[i]).isCloseTo(row[i] * scale, within(1e-6 * Math.abs(row[i] * scale)));
                }
            }
        }
    }

    @Test
    void closing_a_model_frees_its_tables_of_cosines() throws IOException {
        LanguageModel model = ModelLoader.load(tied("source"), DType.FP32, Extent.WHOLE, Progress.NONE);
        RopeTables.Table table;
        try (Scope _ = Scope.noGrad()) {
            table = model.decoder()
                    .ropes()
                    .of(model.config().layers().getFirst().rope(), 8);
            assertThat(table.cos().isNull()).isFalse();
        }
        model.close();
        assertThat(table.cos().isNull()).isTrue();
        assertThat(table.sin().isNull()).isTrue();
    }

    @Test
    void ids_without_a_token_in_use_are_not_drawable() {
        int normal = GgufVocabulary.NORMAL;
        int unused = GgufVocabulary.UNUSED;
        GgufVocabulary vocabulary = new GgufVocabulary(
                "gpt2",
                "gpt-2",
                List.of("a", "[PAD1]", "b", "[PAD3]", "c", "[PAD5]", "[PAD6]"),
                List.of(normal, unused, normal, unused, normal, unused, unused),
                List.of(),
                List.of(),
                new GgufVocabulary.Specials(Map.of(), List.of(), false, false),
                null,
                false);
        try (Scope _ = Scope.noGrad();
                Tokenizer tokenizer = Tokenizers.fromGguf(vocabulary, Path.of("model.gguf"))) {
            LanguageModel bare = TinyModels.model(TinyModels.llama(0), 3);
            assertThat(bare.drawableIds()).isEqualTo(DrawableIds.below(TinyModels.VOCABULARY));
            LanguageModel model = new LanguageModel(
                    bare.path(), bare.config(), bare.weights(), bare.decoder(), tokenizer, null, null);
            assertThat(model.drawableIds()).isEqualTo(new DrawableIds(5, List.of(1, 3)));
            assertThat(model.drawableIds().count()).isEqualTo(3);
        }
    }

    /// As transformers adds it: under the next id, for which the model has no row.
    @Test
    void a_named_token_that_no_file_defines_opens_and_is_refused_in_a_text_alone() throws IOException {
        Path files = TinyFolder.write(folder.resolve("named"), """
                {"model_type": "llama", "vocab_size": 704, "hidden_size": 8, "intermediate_size": 8,
                 "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 4,
                 "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
                 "tie_word_embeddings": true}
                """, "model.", 1);
        Files.copy(Path.of("src/test/resources/tokenizer/qwen.json"), files.resolve("tokenizer.json"));
        Files.writeString(files.resolve("tokenizer_config.json"), "{\"pad_token\": \"[PAD]\"}");
        try (LanguageModel model = ModelLoader.load(files, DType.FP32, Extent.WHOLE, Progress.NONE);
                Scope _ = Scope.noGrad()) {
            int[] ids = model.tokenizer().ids("[PAD]", true);
            assertThat(ids).containsExactly(704);
            assertThat(model.drawableIds()).isEqualTo(DrawableIds.below(704));
            assertThatThrownBy(() -> model.decoder().embed(Tensors.ids(new int[][] {ids})))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("token 704: the model has no embedding for it")
                    .hasMessageContaining("leave the token out");
        }
    }

    private void assertRefused(Path source, String name, boolean refused) {
        if (refused) {
            assertThatThrownBy(() -> ModelLoader.load(source, DType.FP32, Extent.WHOLE, Progress.NONE))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining(name)
                    .hasMessageContaining("is in a block");
        } else {
            assertThat(logits(source, DType.FP32)).hasSize(4 * 97);
        }
    }

    private Path tied(String name) throws IOException {
        return TinyFolder.write(folder.resolve(name), spelling(TIED).old(), "model.", 60);
    }

    private static float[] logits(Path source, DType dtype) {
        try (LanguageModel model = ModelLoader.load(source, dtype, Extent.WHOLE, Progress.NONE);
                Scope _ = Scope.noGrad()) {
            Tensor embeddings = model.decoder().embed(Tensors.ids(new int[][] {{3, 1, 4, 15}}));
            return Tensors.floats(model.decoder().logits(model.decoder().residual(embeddings, Context.none())));
        }
    }

    /// Writes the folder's weights again with one tensor more.
    private static void add(Path source, String name, List<Long> shape, float[] values) throws IOException {
        List<TensorToWrite> tensors = new ArrayList<>();
        try (TensorSource stored = Safetensors.open(source)) {
            for (String known : stored.names()) {
                tensors.add(tensor(known, StoredType.BF16, stored.tensor(known).shape(), read(stored, known)));
            }
        }
        tensors.add(tensor(name, StoredType.BF16, shape, values));
        SafetensorsWriter.write(source.resolve("model.safetensors"), tensors, Map.of());
    }

    private static TensorToWrite tensor(String name, StoredType type, List<Long> shape, float[] values) {
        return TensorToWrite.ofF32(name, type, shape, MemorySegment.ofArray(values));
    }

    private static float[] read(TensorSource source, String name) {
        float[] values = new float[Math.toIntExact(source.tensor(name).elements())];
        source.readF32(name, MemorySegment.ofArray(values));
        return values;
    }

    private static float[] numbers(int count, long seed) {
        Random random = new Random(seed);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    private static Spelling spelling(String name) {
        try {
            return Spelling.all().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
