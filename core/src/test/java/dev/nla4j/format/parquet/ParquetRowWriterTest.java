package dev.nla4j.format.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParquetRowWriterTest {
    private static final List<Column> COLUMNS = List.of(
            Column.of("id", ColumnKind.INT64),
            Column.of("text", ColumnKind.TEXT),
            Column.of("vector", ColumnKind.FLOAT_LIST),
            Column.of("prompt", ColumnKind.MESSAGE_LIST));

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"0, 1, 10", "1, 1, 10", "10, 8, 3", "10, 8, 10", "2500, 100, 1000", "3000, 5, 100000"})
    void what_is_written_is_read_back(int rows, int width, int rowsPerGroup) throws IOException {
        Path file = folder.resolve("a.parquet");
        List<List<Value>> written = randomRows(rows, width, 7);
        write(file, written, rowsPerGroup);
        try (ParquetFile parquet = ParquetFile.open(file)) {
            assertThat(parquet.rows()).isEqualTo(rows);
            assertThat(parquet.columns()).isEqualTo(COLUMNS);
            ColumnCursor<Long> ids = parquet.longs("id");
            ColumnCursor<String> texts = parquet.texts("text");
            ColumnCursor<float[]> vectors = parquet.floats("vector");
            ColumnCursor<List<RoleContent>> prompts = parquet.messages("prompt");
            for (List<Value> row : written) {
                assertThat(new Value.Int64(ids.next())).isEqualTo(row.get(0));
                assertThat(new Value.Text(texts.next())).isEqualTo(row.get(1));
                assertThat(vectors.next()).containsExactly(((Value.Floats) row.get(2)).values());
                assertThat(new Value.Messages(prompts.next())).isEqualTo(row.get(3));
            }
            assertThat(ids.hasNext() || texts.hasNext() || vectors.hasNext() || prompts.hasNext())
                    .isFalse();
        }
    }

    @Test
    void the_same_rows_give_the_same_bytes() throws IOException {
        Path first = folder.resolve("a.parquet");
        Path second = folder.resolve("b.parquet");
        write(first, randomRows(1500, 64, 3), 400);
        write(second, randomRows(1500, 64, 3), 400);
        assertThat(second).hasSameBinaryContentAs(first);
    }

    @Test
    void a_row_that_does_not_fit_the_columns_is_refused() throws IOException {
        try (ParquetRowWriter writer = ParquetRowWriter.create(folder.resolve("a.parquet"), COLUMNS, 10, Map.of())) {
            assertThatThrownBy(() -> writer.write(List.of(new Value.Text("x"))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a row of (string)");
        }
    }

    @Test
    void an_existing_file_is_replaced() throws IOException {
        Path file = folder.resolve("a.parquet");
        Files.writeString(file, "old ".repeat(10_000));
        write(file, randomRows(3, 2, 1), 10);
        try (ParquetFile parquet = ParquetFile.open(file)) {
            assertThat(parquet.rows()).isEqualTo(3);
        }
    }

    static void write(Path file, List<List<Value>> rows, int rowsPerGroup) throws IOException {
        try (ParquetRowWriter writer = ParquetRowWriter.create(file, COLUMNS, rowsPerGroup, Map.of())) {
            for (List<Value> row : rows) {
                writer.write(row);
            }
        }
    }

    static List<List<Value>> randomRows(int rows, int width, long seed) {
        Random random = new Random(seed);
        List<List<Value>> all = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            float[] vector = new float[width];
            for (int j = 0; j < width; j++) {
                vector[j] = (float) random.nextGaussian();
            }
            List<RoleContent> messages = new ArrayList<>();
            for (int j = random.nextInt(3); j > 0; j--) {
                messages.add(new RoleContent("user", "né😀".repeat(random.nextInt(20))));
            }
            all.add(List.of(
                    new Value.Int64(random.nextLong()),
                    new Value.Text("text " + random.nextInt(50)),
                    new Value.Floats(vector),
                    new Value.Messages(messages)));
        }
        return all;
    }
}
