package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.model.LowRankAdapter.Pair;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PeftAdapterTest {
    private static final String PREFIX = "base_model.model.model.layers.";
    private static final ModelConfig CONFIG = TinyModels.llama(0, 0);

    @TempDir
    Path folder;

    private final Random random = new Random(1);

    @ParameterizedTest
    @CsvSource({"false,2.5", "true,5"})
    void a_pair_adds_alpha_over_rank_or_over_its_root(boolean rankStabilised, double scale) throws IOException {
        float[] a = values(4 * 32);
        float[] b = values(16 * 4);
        config("\"r\": 4, \"lora_alpha\": 10, \"use_rslora\": " + rankStabilised);
        tensors(
                tensor("1.self_attn.k_proj.lora_A.weight", a, 4, 32),
                tensor("1.self_attn.k_proj.lora_B.weight", b, 16, 4));
        try (Scope _ = Scope.noGrad();
                LowRankAdapter loaded = PeftAdapter.read(folder).load(CONFIG, DType.FP32)) {
            Pair pair = new Pair(Tensors.of(a, 4, 32), Tensors.of(b, 16, 4), scale);
            LowRankAdapter expected = LowRankAdapter.of(CONFIG, List.of(Map.of(), Map.of(Part.KEY, pair)), DType.FP32);
            Decoder decoder = TinyModels.decoder(CONFIG, 2);
            Tensor embeddings = decoder.embed(Tensors.ids(new int[][] {TinyModels.ids(3, 6)}));
            float[] ours = Tensors.floats(decoder.with(loaded).residual(embeddings, Context.none()));
            assertThat(ours)
                    .isEqualTo(Tensors.floats(decoder.with(expected).residual(embeddings, Context.none())))
                    .isNotEqualTo(Tensors.floats(decoder.residual(embeddings, Context.none())));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"peft_type\": \"IA3\" | peft_type",
                "\"bias\": \"all\" | bias",
                "\"use_dora\": true | use_dora",
                "\"fan_in_fan_out\": true | fan_in_fan_out",
                "\"lora_bias\": true | lora_bias",
                "\"use_qalora\": true | use_qalora",
                "\"rank_pattern\": {\"q_proj\": 4} | rank_pattern",
                "\"alpha_pattern\": {\"q_proj\": 4} | alpha_pattern",
                "\"modules_to_save\": [\"lm_head\"] | modules_to_save",
                "\"target_parameters\": [\"mlp.experts.gate_up_proj\"] | target_parameters",
                "\"layer_replication\": [[0, 2], [1, 2]] | layer_replication",
                "\"trainable_token_indices\": [1] | trainable_token_indices",
                "\"init_lora_weights\": \"pissa_niter_4\" | init_lora_weights",
                "\"init_lora_weights\": \"olora\" | init_lora_weights",
                "\"use_rslora\": 1 | use_rslora",
                "\"use_dora\": \"yes\" | use_dora",
            })
    void options_that_change_the_algebra_are_refused_by_name(String option, String named) throws IOException {
        config("\"r\": 4, \"lora_alpha\": 10, " + option);
        assertRefused(PeftAdapter.CONFIG, named);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"lora_alpha\": 10 | r",
                "\"r\": 0, \"lora_alpha\": 10 | r",
                "\"r\": 4.5, \"lora_alpha\": 10 | r",
                "\"r\": 4 | lora_alpha",
                "\"r\": 4, \"lora_alpha\": \"10\" | lora_alpha",
            })
    void numbers_that_are_missing_or_wrong_are_refused_by_name(String options, String named) throws IOException {
        config(options);
        assertRefused(PeftAdapter.CONFIG, named);
    }

    @Test
    void what_changes_nothing_is_tolerated() throws IOException {
        config(
                "\"r\": 1, \"lora_alpha\": 1, \"rank_pattern\": {}, \"modules_to_save\": null, \"target_parameters\": [], \"use_dora\": false,"
                        + " \"init_lora_weights\": \"gaussian\", \"layer_replication\": null, \"unheard_of\": 7");
        assertThat(PeftAdapter.read(folder).base()).isEmpty();
    }

    @Test
    void an_a_without_its_b_is_refused() throws IOException {
        assertTensorsRefused("block 0, q_proj", tensor("0.self_attn.q_proj.lora_A.weight", values(128), 4, 32));
    }

    @Test
    void another_rank_than_the_configuration_says_is_refused() throws IOException {
        assertTensorsRefused(
                "rank 4",
                tensor("0.self_attn.q_proj.lora_A.weight", values(64), 2, 32),
                tensor("0.self_attn.q_proj.lora_B.weight", values(64), 32, 2));
    }

    @Test
    void two_ranks_in_one_pair_are_refused() throws IOException {
        assertTensorsRefused(
                "rank 4",
                tensor("0.self_attn.q_proj.lora_A.weight", values(128), 4, 32),
                tensor("0.self_attn.q_proj.lora_B.weight", values(64), 32, 2));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"layers_to_transform\": [1] | lists blocks 1, the tensors are of 0",
                "\"layers_to_transform\": [0, 1] | lists blocks 0-1, the tensors are of 0",
                "\"layers_to_transform\": 1, \"target_modules\": \".*q_proj\" | lists blocks 1",
                "\"layers_to_transform\": [\"a\"] | layers_to_transform",
                "\"layers_to_transform\": [0], \"layers_pattern\": \"h\" | layers_pattern is h",
                "\"layers_to_transform\": [0], \"layers_pattern\": [\"h\", \"blocks\"] | layers_pattern is h, blocks",
            })
    void a_list_of_blocks_that_the_tensors_contradict_is_refused(String listed, String said) throws IOException {
        query("\"r\": 4, \"lora_alpha\": 10, " + listed);
        assertRefused(PeftAdapter.CONFIG, said);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"layers_to_transform\": 0",
                "\"layers_to_transform\": [0], \"layers_pattern\": [\"h\", \"layers\"]",
                "\"layers_to_transform\": [0], \"layers_pattern\": \"lay.*\"",
                "\"layers_to_transform\": [0, 1], \"exclude_modules\": \".*1.*\"",
                "\"layers_to_transform\": null, \"layers_pattern\": null",
            })
    void a_list_of_blocks_that_fits_the_tensors_is_taken(String listed) throws IOException {
        query("\"r\": 4, \"lora_alpha\": 10, " + listed);
        PeftAdapter.read(folder).load(CONFIG, DType.FP32).close();
    }

    private void query(String options) throws IOException {
        config(options);
        tensors(
                tensor("0.self_attn.q_proj.lora_A.weight", values(128), 4, 32),
                tensor("0.self_attn.q_proj.lora_B.weight", values(128), 32, 4));
    }

    @Test
    void a_block_beyond_the_depth_is_refused() throws IOException {
        assertTensorsRefused("the model has 2", tensor("2.self_attn.q_proj.lora_A.weight", values(128), 4, 32));
    }

    @Test
    void a_wrong_width_is_refused_with_the_expected_one() throws IOException {
        assertTensorsRefused("[r, 48]", tensor("0.mlp.down_proj.lora_A.weight", values(128), 4, 32));
    }

    @Test
    void one_dimension_is_refused() throws IOException {
        assertTensorsRefused("shape [32]", tensor("0.self_attn.q_proj.lora_A.weight", values(32), 32));
    }

    @Test
    void an_unknown_tensor_is_refused() throws IOException {
        assertTensorsRefused("lora_magnitude", tensor("0.self_attn.q_proj.lora_magnitude_vector", values(4), 4));
        assertTensorsRefused("qkv_proj", tensor("0.self_attn.qkv_proj.lora_A.weight", values(128), 4, 32));
    }

    /// Training by names of modules adapts an image tower too, whose blocks are of another width.
    @Test
    void pairs_of_a_tower_for_images_are_passed_over() throws IOException {
        config("\"r\": 4, \"lora_alpha\": 8");
        String tower = "base_model.model.model.vision_tower.vision_model.encoder.layers.0.self_attn.q_proj.lora_";
        SafetensorsWriter.write(
                folder.resolve(PeftAdapter.TENSORS),
                List.of(
                        tensor("0.self_attn.q_proj.lora_A.weight", values(128), 4, 32),
                        tensor("0.self_attn.q_proj.lora_B.weight", values(128), 32, 4),
                        named(tower + "A.weight", values(4 * 48), 4, 48),
                        named(tower + "B.weight", values(4 * 48), 48, 4)),
                Map.of());
        try (Scope _ = Scope.noGrad()) {
            List<Map<Part, Pair>> pairs = PeftAdapter.read(folder).pairs(CONFIG);
            assertThat(pairs.getFirst()).containsOnlyKeys(Part.QUERY);
            assertThat(pairs.getLast()).isEmpty();
        }
    }

    @Test
    void a_module_of_several_projections_is_cut_into_them() throws IOException {
        float[] a = values(4 * 32);
        float[] b = values(64 * 4);
        float[] wideB = values(96 * 4);
        config("\"r\": 4, \"lora_alpha\": 8, \"target_modules\": [\"qkv_proj\", \"gate_up_proj\"]");
        tensors(
                tensor("1.self_attn.qkv_proj.lora_A.weight", a, 4, 32),
                tensor("1.self_attn.qkv_proj.lora_B.weight", b, 64, 4),
                tensor("1.mlp.gate_up_proj.lora_A.weight", values(4 * 32), 4, 32),
                tensor("1.mlp.gate_up_proj.lora_B.weight", wideB, 96, 4));
        try (Scope _ = Scope.noGrad()) {
            Map<Part, Pair> pairs =
                    PeftAdapter.read(folder).pairs(fusing(CONFIG)).getLast();
            assertThat(pairs).containsOnlyKeys(Part.QUERY, Part.KEY, Part.VALUE, Part.GATE, Part.UP);
            for (Part part : List.of(Part.QUERY, Part.KEY, Part.VALUE)) {
                assertThat(Tensors.floats(pair(pairs, part).a())).isEqualTo(a);
                assertThat(pair(pairs, part).scale()).isEqualTo(2);
            }
            assertThat(Tensors.floats(pair(pairs, Part.QUERY).b())).isEqualTo(Arrays.copyOfRange(b, 0, 32 * 4));
            assertThat(Tensors.floats(pair(pairs, Part.KEY).b())).isEqualTo(Arrays.copyOfRange(b, 32 * 4, 48 * 4));
            assertThat(Tensors.floats(pair(pairs, Part.VALUE).b())).isEqualTo(Arrays.copyOfRange(b, 48 * 4, 64 * 4));
            assertThat(Tensors.floats(pair(pairs, Part.UP).b())).isEqualTo(Arrays.copyOfRange(wideB, 48 * 4, 96 * 4));
            pair(pairs, Part.KEY).a().zero_();
            assertThat(Tensors.floats(pair(pairs, Part.QUERY).a())).isEqualTo(a);
        }
    }

    private static Pair pair(Map<Part, Pair> pairs, Part part) {
        return Objects.requireNonNull(pairs.get(part));
    }

    private static ModelConfig fusing(ModelConfig config) {
        return TinyModels.with(config, Family.PHI3, config.vocabulary());
    }

    @Test
    void one_place_named_twice_is_refused() throws IOException {
        assertTensorsRefused(
                "twice",
                tensor("0.self_attn.q_proj.lora_A.weight", values(128), 4, 32),
                tensor("0.self_attn.q_proj.lora_A.default.weight", values(128), 4, 32));
    }

    @Test
    void an_adapter_that_adds_nothing_is_refused() throws IOException {
        assertTensorsRefused("nothing");
    }

    private void assertTensorsRefused(String said, TensorToWrite... tensors) throws IOException {
        config("\"r\": 4, \"lora_alpha\": 10");
        tensors(tensors);
        assertRefused(PeftAdapter.TENSORS, said);
    }

    private void assertRefused(String file, String said) {
        assertThatThrownBy(() -> PeftAdapter.read(folder).load(CONFIG, DType.FP32))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining(file)
                .hasMessageContaining(said);
    }

    private void config(String options) throws IOException {
        boolean names = options.contains("peft_type");
        Files.writeString(
                folder.resolve(PeftAdapter.CONFIG), "{" + (names ? "" : "\"peft_type\": \"LORA\", ") + options + "}");
    }

    private void tensors(TensorToWrite... tensors) throws IOException {
        SafetensorsWriter.write(folder.resolve(PeftAdapter.TENSORS), List.of(tensors), Map.of());
    }

    private static TensorToWrite tensor(String name, float[] values, long... shape) {
        return named(PREFIX + name, values, shape);
    }

    private static TensorToWrite named(String name, float[] values, long... shape) {
        List<Long> sizes = new ArrayList<>();
        for (long size : shape) {
            sizes.add(size);
        }
        return TensorToWrite.ofF32(name, StoredType.F32, sizes, MemorySegment.ofArray(values));
    }

    private float[] values(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
