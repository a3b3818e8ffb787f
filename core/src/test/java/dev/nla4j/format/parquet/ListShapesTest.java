package dev.nla4j.format.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Lists in shapes that pyarrow does not write: the two levels of older writers, and types that are no list of
/// floats.
class ListShapesTest {
    @TempDir
    Path folder;

    @Test
    void a_list_of_two_levels_is_read() throws IOException {
        String schema = "message m { required group v (LIST) { repeated float array; } }";
        float[][] rows = {{1, 2, 3}, {}, {4}};
        Path path = folder.resolve("a.parquet");
        MadeParquet.write(
                path,
                schema,
                rows.length,
                (out, row) -> MadeParquet.field(out, "v", 0, () -> {
                    out.startGroup();
                    if (rows[row].length > 0) {
                        MadeParquet.field(out, "array", 0, () -> {
                            for (float value : rows[row]) {
                                out.addFloat(value);
                            }
                        });
                    }
                    out.endGroup();
                }));
        try (ParquetFile file = ParquetFile.open(path)) {
            ColumnCursor<float[]> vectors = file.floats("v");
            assertThat(vectors.next()).containsExactly(1, 2, 3);
            assertThat(vectors.next()).isEmpty();
            assertThat(vectors.next()).containsExactly(4);
            assertThat(vectors.hasNext()).isFalse();
        }
    }

    @Test
    void columns_of_other_shapes_are_described() throws IOException {
        String schema = """
                message m {
                  required group v (LIST) { repeated float array; }
                  repeated float bare;
                  optional group s { required int32 a; required binary b (UTF8); }
                  optional group n (LIST) { repeated group list { optional group element (LIST) {
                    repeated group list { optional float element; } } } }
                  optional fixed_len_byte_array(2) h;
                }""";
        Path path = folder.resolve("a.parquet");
        MadeParquet.write(path, schema, 0, (out, row) -> {});
        try (ParquetFile file = ParquetFile.open(path)) {
            assertThat(file.columns().stream().map(Column::toString))
                    .containsExactly(
                            "v: list<float>",
                            "bare: repeated float",
                            "s: struct of 2",
                            "n: list<list<float>>",
                            "h: fixed_len_byte_array");
        }
    }
}
