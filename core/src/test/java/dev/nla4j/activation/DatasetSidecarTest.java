package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.activation.DatasetMeta.ApiSummaries;
import dev.nla4j.activation.DatasetMeta.CorpusSlice;
import dev.nla4j.activation.DatasetMeta.Extraction;
import dev.nla4j.activation.DatasetMeta.PromptTemplates;
import dev.nla4j.activation.DatasetMeta.Provenance;
import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.format.FormatException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatasetSidecarTest {
    @TempDir
    Path folder;

    @Test
    void a_base_sidecar_of_the_reference_is_read() throws Exception {
        DatasetMeta meta = DatasetSidecar.read(fixture("reference-base.nla_meta.yaml"));
        assertThat(meta.stage()).isEqualTo(Stage.BASE);
        assertThat(meta.rowCount()).isEqualTo(1_000_000);
        assertThat(meta.extraction())
                .isEqualTo(new Extraction(
                        "Qwen/Qwen2.5-7B-Instruct",
                        3584,
                        20,
                        "HuggingFaceFW/fineweb",
                        new CorpusSlice(0, 100_000),
                        PositionsPerDocument.of(10),
                        null,
                        null));
        assertThat(meta.tokens()).isNull();
        assertThat(meta.provenance().createdAt()).isEqualTo("2026-01-02T03:04:05.678901+00:00");
    }

    @Test
    void a_training_sidecar_of_the_reference_is_read() throws Exception {
        DatasetMeta meta = DatasetSidecar.read(fixture("reference-ar_sft.nla_meta.yaml"));
        assertThat(meta.tokens()).isEqualTo(new TokenMeta("㈎", 149705, 29, 522, List.of(1318, 29, 366, 1708, 29)));
        assertThat(meta.promptTemplates().actor())
                .isEqualTo("You are a researcher.\n<concept>{injection_char}</concept>\n\nno: \"yes\" # §\n");
        assertThat(meta.apiSummaries()).isEqualTo(new ApiSummaries("claude-sonnet-4-6", 300, 1.0, "List:\n- a\n- b\n"));
        assertThat(meta.provenance().parentDatasets()).containsExactly("x", "y");
    }

    @Test
    void what_is_written_is_what_pyyaml_was_seen_to_read() throws Exception {
        assertThat(DatasetSidecar.toYaml(ours())).isEqualTo(Files.readString(fixture("ours.nla_meta.yaml")));
    }

    @Test
    void what_is_written_is_read_back() throws IOException {
        Random random = new Random(3);
        String[] bricks = {
            "no", "§", "é", "😀", "\n", "\u2028", "\u2029", "\ufeff", "\u0085", "\t", " ", "\"", "\\", "'", "#", ": "
        };
        for (int round = 0; round < 200; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(12); i > 0; i--) {
                text.append(bricks[random.nextInt(bricks.length)]);
            }
            DatasetMeta meta = ours(text.toString(), random.nextDouble() * Math.pow(10, random.nextInt(20) - 10));
            Path sidecar = folder.resolve("a.yaml");
            DatasetSidecar.write(sidecar, meta);
            assertThat(DatasetSidecar.read(sidecar)).isEqualTo(meta);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kind: nla_dataset        | kind: nla_model        | kind: is nla_model, expected nla_dataset",
                "schema_version: 1        | schema_version: 2      | schema_version: is 2, expected 1",
                "stage: base              | stage: rollout         | stage: is rollout, expected one of base, av_sft",
                "stage: base              | stage: rl              | stage rl needs tokens",
                "row_count: 1000000       | row_count: -1          | row_count: is -1",
                "row_count: 1000000       | row_count: many        | row_count: is many",
                "d_model: 3584            | d_model: 3584.5        | extraction.d_model: is 3584.5",
                "layer_index: 20          | layer: 20              | extraction.layer_index: is missing",
                "norm: none               | norm: unit             | extraction.norm: is unit, expected none",
                "positions_per_doc: 10    | positions_per_doc: few | 'few'",
                "parent_datasets: []      | parent_datasets: x     | parent_datasets: is a string, expected a list",
                "keep_debug_metadata: true | keep_debug_metadata: 1 | keep_debug_metadata: is 1",
                "extraction:              | extraction: none       | syntax",
            })
    void a_sidecar_that_breaks_the_schema_is_refused_with_the_field(String line, String broken, String problem)
            throws Exception {
        String text = Files.readString(fixture("reference-base.nla_meta.yaml"));
        assertThat(text).contains(line);
        Path sidecar = Files.writeString(folder.resolve("a.yaml"), text.replace(line, broken));
        assertThatThrownBy(() -> DatasetSidecar.read(sidecar))
                .isInstanceOf(FormatException.class)
                .hasMessageContainingAll("a.yaml", problem);
    }

    @Test
    void unknown_keys_are_passed_over() throws Exception {
        String text = Files.readString(fixture("reference-base.nla_meta.yaml")) + "future: {a: [1, 2]}\n";
        Path sidecar = Files.writeString(folder.resolve("a.yaml"), text);
        assertThat(DatasetSidecar.read(sidecar).rowCount()).isEqualTo(1_000_000);
    }

    @Test
    void a_reconstructor_prompt_that_ends_in_the_explanation_needs_no_suffix() {
        DatasetMeta meta = ours();
        var tokens = new TokenMeta("㈎", 1, 2, 3, null);
        assertThat(stage(meta, tokens, "<text> {explanation}").tokens()).isEqualTo(tokens);
        assertThatThrownBy(() -> stage(meta, tokens, "<text>{explanation}</text>"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("critic_suffix_ids");
    }

    @Test
    void the_sidecar_lies_beside_a_file_and_inside_a_folder() throws IOException {
        String root = folder.toString();
        assertThat(DatasetSidecar.pathFor(root + "/a.parquet")).hasToString(root + "/a.parquet.nla_meta.yaml");
        assertThat(DatasetSidecar.pathFor(root + "/a.parquet@[0:1000]")).hasToString(root + "/a.parquet.nla_meta.yaml");
        assertThat(DatasetSidecar.pathFor(root)).hasToString(root + "/nla_meta.yaml");
        assertThat(DatasetSidecar.pathFor(root + "/new")).hasToString(root + "/new/nla_meta.yaml");
        Files.createFile(folder.resolve("plain"));
        assertThat(DatasetSidecar.pathFor(root + "/plain")).hasToString(root + "/plain.nla_meta.yaml");
        Files.createDirectory(folder.resolve("d.parquet"));
        assertThat(DatasetSidecar.pathFor(root + "/d.parquet")).hasToString(root + "/d.parquet/nla_meta.yaml");
    }

    private static DatasetMeta stage(DatasetMeta meta, TokenMeta tokens, String critic) {
        return new DatasetMeta(
                meta.datasetId(),
                Stage.AR_SFT,
                meta.rowCount(),
                meta.extraction(),
                true,
                tokens,
                new PromptTemplates("{injection_char}", critic),
                null,
                meta.provenance());
    }

    private static DatasetMeta ours() {
        return ours("no", 1e-5);
    }

    private static DatasetMeta ours(String text, double temperature) {
        return new DatasetMeta(
                "base_SmolLM2_L20_00000000",
                Stage.AR_SFT,
                34450,
                new Extraction(
                        text,
                        576,
                        20,
                        "documents",
                        new CorpusSlice(0, 3445),
                        PositionsPerDocument.ALL,
                        new Windowing(96, 48),
                        20),
                true,
                new TokenMeta("㈎", 149705, 29, 522, List.of(1318, 29)),
                new PromptTemplates("<concept>{injection_char}</concept>\n§ " + text, "x {explanation} " + text),
                new ApiSummaries("0o14", 300, temperature, text),
                new Provenance(List.of("12345e7"), "2026-01-02T03:04:05Z", "nla4j 0.1.0", ""));
    }

    private static Path fixture(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(DatasetSidecarTest.class.getResource("/activation/" + name))
                .toURI());
    }
}
