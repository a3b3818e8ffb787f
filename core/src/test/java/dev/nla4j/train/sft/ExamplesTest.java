package dev.nla4j.train.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.activation.ActivationSchema;
import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.activation.DatasetSidecar;
import dev.nla4j.activation.PositionsPerDocument;
import dev.nla4j.activation.TokenMeta;
import dev.nla4j.data.DataBuild;
import dev.nla4j.data.DataColumns;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.ArrowSchema;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ParquetRowWriter;
import dev.nla4j.format.parquet.RoleContent;
import dev.nla4j.format.parquet.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExamplesTest {
    private static final int DIM = 4;
    private static final String ASKED = "What does <concept><INJECT></concept> mean?";
    private static final String ACTOR = "What does <concept>{injection_char}</concept> mean?";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(names = {"AV_SFT", "RL"})
    void rows_of_the_sidecars_template_are_read_with_where_they_come_from(Stage stage) throws IOException {
        Example third = Examples.read(file(stage, 5, _ -> user(ASKED))).rows().get(2);
        assertThat(third.activation()).containsExactly(3, 0, 0, 0);
        assertThat(third.source()).isEqualTo(new Example.Source("docs:2", "context 2", 12));
        assertThat(third.explanation()).isEqualTo(stage == Stage.RL ? "" : "text 2");
    }

    /// Nobody reads them in supervised training, and they may take more than the vectors.
    @Test
    void contexts_are_left_out_where_they_are_not_used() throws IOException {
        Path file = file(Stage.AV_SFT, 5, _ -> user(ASKED));
        Example third = Examples.withoutContexts(file).rows().get(2);
        assertThat(third.source()).isEqualTo(new Example.Source("docs:2", "", 12));
        assertThat(third.response()).isEqualTo("<explanation>\ntext 2\n</explanation>");
    }

    @Test
    void texts_count_in_what_a_file_takes_in_memory() throws IOException {
        Path file = file(Stage.AV_SFT, 50, _ -> user(ASKED));
        long vectors = 50 * DIM * Float.BYTES;
        assertThatThrownBy(() -> Examples.read(file, true, vectors))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("its 50 vectors take 0 MB")
                .hasMessageContaining("NLA_JAVA_OPTS=-Xmx8g");
        assertThatThrownBy(() -> Examples.read(file, true, 10 * vectors))
                .hasMessageContaining("its 50 vectors and the texts of ");
        assertThat(Examples.read(file, true, 100 * vectors).rows()).hasSize(50);
    }

    /// The published trainer asks with the row's own words: a file whose sidecar says others would be learned from
    /// under a prompt it was not made for.
    @ParameterizedTest
    @EnumSource(names = {"AV_SFT", "RL"})
    void a_row_that_asks_otherwise_than_its_sidecar_is_refused(Stage stage) throws IOException {
        List<List<RoleContent>> wrong = List.of(
                user("What is <concept><INJECT></concept>?"),
                user("What does <concept>{injection_char}</concept> mean?"),
                List.of(new RoleContent("system", ASKED)),
                List.of(new RoleContent("system", "Be brief."), new RoleContent("user", ASKED)),
                List.of());
        for (List<RoleContent> messages : wrong) {
            Path file = file(stage, 3, row -> row == 1 ? messages : user(ASKED));
            assertThatThrownBy(() -> Examples.read(file))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("row 1 is not made of the sidecar's actor template");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 10, 11, 1000})
    void rows_that_are_measured_lie_evenly_over_the_file(int most) throws IOException {
        Examples examples = Examples.read(file(Stage.RL, 10, _ -> user(ASKED)));
        int[] numbers = examples.spread(most);
        assertThat(numbers).hasSize(Math.min(most, 10)).startsWith(0).doesNotHaveDuplicates();
        int[] gaps = IntStream.range(0, numbers.length)
                .map(i -> (i + 1 < numbers.length ? numbers[i + 1] : 10) - numbers[i])
                .toArray();
        assertThat(Arrays.stream(gaps).boxed()).allMatch(gap -> Math.abs(gap - 10.0 / numbers.length) < 1);
        assertThat(examples.at(numbers).getLast()).isSameAs(examples.rows().get(numbers[numbers.length - 1]));
    }

    /// Of a file that is not read otherwise, the documents' names alone are: its vectors need not fit into memory.
    @Test
    void documents_that_a_file_has_too_are_refused() throws IOException {
        Path file = file(Stage.RL, 3, _ -> user(ASKED));
        Examples same = Examples.read(file);
        assertThatThrownBy(() -> same.requireOtherDocuments(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("document docs:0 is in " + file + " too");
        List<Example> others = same.rows().stream()
                .map(row -> new Example(
                        row.activation(),
                        row.explanation(),
                        row.response(),
                        new Example.Source("other", row.context(), 12)))
                .toList();
        assertThatCode(() -> new Examples(file, same.meta(), others).requireOtherDocuments(file))
                .doesNotThrowAnyException();
    }

    @Test
    void activations_of_another_width_block_or_model_are_refused() throws IOException {
        Examples rows = Examples.read(file(Stage.RL, 3, _ -> user(ASKED)));
        assertThatCode(() -> of(rows, "org/tiny", DIM, 5).requireLike(rows)).doesNotThrowAnyException();
        for (int[] other : new int[][] {{DIM + 1, 5}, {DIM, 6}}) {
            assertThatThrownBy(() -> of(rows, "org/tiny", other[0], other[1]).requireLike(rows))
                    .isInstanceOf(InputException.class)
                    .hasMessage("other.parquet: has activations of width " + other[0] + " after block " + other[1]
                            + ", " + rows.file() + " of width 4 after block 5");
        }
        assertThatThrownBy(() -> of(rows, "org/other", DIM, 5).requireLike(rows))
                .isInstanceOf(InputException.class)
                .hasMessage("other.parquet: has activations of org/other, " + rows.file()
                        + " of org/tiny (extraction.base_model in their sidecars)");
    }

    /// The same rows with a sidecar that says otherwise.
    private static Examples of(Examples rows, String model, int width, int layer) {
        DatasetMeta meta = rows.meta();
        DatasetMeta.Extraction read = meta.extraction();
        return new Examples(
                Path.of("other.parquet"),
                new DatasetMeta(
                        meta.datasetId(),
                        meta.stage(),
                        meta.rowCount(),
                        new DatasetMeta.Extraction(
                                model,
                                width,
                                layer,
                                read.corpus(),
                                read.corpusSlice(),
                                read.positionsPerDoc(),
                                read.windowing(),
                                read.minPosition()),
                        meta.keepDebugMetadata(),
                        meta.tokens(),
                        meta.promptTemplates(),
                        meta.apiSummaries(),
                        meta.provenance()),
                rows.rows());
    }

    private static List<RoleContent> user(String text) {
        return List.of(new RoleContent("user", text));
    }

    private Path file(Stage stage, int count, IntFunction<List<RoleContent>> messages) throws IOException {
        Path file = folder.resolve("rows.parquet");
        List<Column> columns = DataColumns.of(stage, true);
        try (ParquetRowWriter writer =
                ParquetRowWriter.create(file, columns, 100, ArrowSchema.of(columns, ActivationSchema.VECTOR, DIM))) {
            for (int i = 0; i < count; i++) {
                List<Value> row = new ArrayList<>(List.of(new Value.Messages(messages.apply(i))));
                if (stage == Stage.AV_SFT) {
                    row.add(new Value.Text(DataBuild.response("text " + i)));
                }
                row.addAll(List.of(
                        new Value.Floats(new float[] {i + 1, 0, 0, 0}),
                        new Value.Int64(12),
                        new Value.Int64(5),
                        new Value.Text("docs:" + i),
                        new Value.Text("context " + i)));
                writer.write(row);
            }
        }
        DatasetSidecar.write(
                DatasetSidecar.pathFor(file.toString()),
                new DatasetMeta(
                        "tiny",
                        stage,
                        count,
                        new DatasetMeta.Extraction(
                                "org/tiny",
                                DIM,
                                5,
                                "docs",
                                new DatasetMeta.CorpusSlice(0, count),
                                PositionsPerDocument.of(1),
                                null,
                                null),
                        true,
                        new TokenMeta("§", 7, 8, 9, null),
                        new DatasetMeta.PromptTemplates(ACTOR, "<text> {explanation}"),
                        null,
                        new DatasetMeta.Provenance(List.of(), "2026-01-01T00:00:00Z", "test", "")));
        return file;
    }
}
