package dev.nla4j.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.ModelLoader.Extent;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LlamaGoldenTest {
    private static final Path LLAMA = resource("/golden/llama");
    private static final Path GOLDEN = LLAMA.resolve("golden.safetensors");

    @TempDir
    Path folder;

    @Test
    void fp32_agrees_with_transformers_in_every_tensor_once_frequencies_are_rounded_as_its_were() {
        GoldenReport report = report(LLAMA, DType.FP32);
        assertThat(report.rows())
                .allSatisfy(row -> assertThat(row.holds()).as("%s", row).isTrue());
        assertThat(report.frequencies()).isEqualTo("bf16");
        assertThat(report.rows().stream().map(GoldenReport.Row::tensor))
                .contains("hidden_0", "hidden_3", "hidden_7", "logits", "inject_logits", "greedy");
    }

    @Test
    void bf16_agrees_in_direction_and_does_not_judge_the_greedy_tokens() {
        GoldenReport report = report(LLAMA, DType.BF16);
        assertThat(report.rows())
                .allSatisfy(row -> assertThat(row.holds()).as("%s", row).isTrue());
        assertThat(report.rows())
                .filteredOn(row -> row.tensor().equals("greedy"))
                .singleElement()
                .satisfies(row -> assertThat(row.limit()).isInfinite());
    }

    @ParameterizedTest
    @CsvSource({
        "\"rms_norm_eps\": 1e-05,\"rms_norm_eps\": 1e-02",
        "\"factor\": 8.0,\"factor\": 4.0",
        "\"rope_theta\": 500000.0,\"rope_theta\": 10000.0",
        "\"hidden_act\": \"silu\",\"hidden_act\": \"gelu\"",
        "\"low_freq_factor\": 1.0,\"low_freq_factor\": 2.0",
    })
    void a_wrong_number_in_the_configuration_does_not_hold(String from, String to) throws IOException {
        Path model = copy();
        String config = Files.readString(model.resolve("config.json"));
        assertThat(config).contains(from);
        Files.writeString(model.resolve("config.json"), config.replace(from, to));
        GoldenReport report = report(model, DType.FP32);
        assertThat(report.holds()).isFalse();
        assertThat(report.frequencies()).isEqualTo("exact");
    }

    @ParameterizedTest
    @CsvSource({
        "model.layers.0.self_attn.q_proj.weight,hidden_1",
        "model.layers.6.mlp.down_proj.weight,hidden_7",
        "model.norm.weight,hidden_7",
        "lm_head.weight,logits",
        "model.embed_tokens.weight,hidden_0"
    })
    void a_perturbed_weight_does_not_hold_from_where_it_first_counts(String tensor, String first) throws IOException {
        Path model = copy();
        perturb(model.resolve("model.safetensors"), tensor);
        GoldenReport report = report(model, DType.FP32);
        assertThat(report.holds()).isFalse();
        // "exact" is reported where neither holds, and the rounded frequencies differ from block 0 on.
        assertThat(report.rows())
                .filteredOn(row -> row.tensor().equals(first))
                .singleElement()
                .satisfies(row -> assertThat(row.holds()).isFalse());
    }

    @Test
    void the_subject_follows_from_the_tensors_and_other_files_are_refused() throws IOException {
        assertThat(GoldenCheck.subject(GOLDEN)).isEqualTo(GoldenCheck.Subject.MODEL);
        Path weights = LLAMA.resolve("model.safetensors");
        assertThatThrownBy(() -> GoldenCheck.subject(weights))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("not a golden file");
    }

    @Test
    void an_id_beyond_the_vocabulary_is_refused_by_name() throws IOException {
        Path model = copy();
        long[] ids = new long[48 * 3];
        ids[5] = 640;
        Path golden = folder.resolve("bad.safetensors");
        SafetensorsWriter.write(
                golden,
                List.of(
                        TensorToWrite.ofBytes(
                                "hidden_0", StoredType.U8, List.of(0L), MemorySegment.ofArray(new byte[0])),
                        TensorToWrite.ofBytes(
                                "input_ids", StoredType.I64, List.of(3L, 48L), MemorySegment.ofArray(ids))),
                Map.of());
        assertThatThrownBy(() -> reportOf(model, golden))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("input_ids")
                .hasMessageContaining("640");
    }

    @Test
    void a_golden_of_a_model_of_another_width_is_refused_by_name() throws IOException {
        Path golden = folder.resolve("wide.safetensors");
        int tokens = 20;
        SafetensorsWriter.write(
                golden,
                List.of(
                        TensorToWrite.ofF32(
                                "hidden_0",
                                StoredType.F32,
                                List.of(1L, (long) tokens, 72L),
                                MemorySegment.ofArray(new float[tokens * 72])),
                        TensorToWrite.ofBytes(
                                "input_ids",
                                StoredType.I64,
                                List.of(1L, (long) tokens),
                                MemorySegment.ofArray(new long[tokens])),
                        TensorToWrite.ofBytes(
                                "attention_mask",
                                StoredType.I64,
                                List.of(1L, (long) tokens),
                                MemorySegment.ofArray(new long[tokens]))),
                Map.of());
        assertThatThrownBy(() -> reportOf(copy(), golden))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("hidden_0")
                .hasMessageContaining("72");
    }

    private static GoldenReport reportOf(Path model, Path golden) {
        try (LanguageModel loaded = ModelLoader.load(model, DType.FP32, Extent.WHOLE, Progress.NONE)) {
            return GoldenCheck.model(loaded, golden);
        }
    }

    private static GoldenReport report(Path model, DType dtype) {
        try (LanguageModel loaded = ModelLoader.load(model, dtype, Extent.WHOLE, Progress.NONE)) {
            return GoldenCheck.model(loaded, GOLDEN);
        }
    }

    private Path copy() throws IOException {
        for (String name : List.of("config.json", "model.safetensors")) {
            Files.copy(LLAMA.resolve(name), folder.resolve(name));
        }
        return folder;
    }

    /// Doubles every third number of a bf16 tensor: one more in the exponent.
    private static void perturb(Path file, String name) throws IOException {
        long offset;
        long elements;
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            offset = source.tensor(name).offset();
            elements = source.tensor(name).elements();
        }
        byte[] bytes = Files.readAllBytes(file);
        for (int i = 0; i < elements; i += 3) {
            int at = Math.toIntExact(offset) + 2 * i;
            int bits = (bytes[at] & 0xFF) | bytes[at + 1] << 8;
            bits += 0x80;
            bytes[at] = (byte) bits;
            bytes[at + 1] = (byte) (bits >> 8);
        }
        Files.write(file, bytes);
    }

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(LlamaGoldenTest.class.getResource(name), name)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
