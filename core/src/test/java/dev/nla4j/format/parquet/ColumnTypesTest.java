package dev.nla4j.format.parquet;

import static dev.nla4j.format.parquet.MadeParquet.field;
import static dev.nla4j.format.parquet.MadeParquet.list;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.parquet.io.api.Binary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Types that are read as the kind that is nearest, and how.
class ColumnTypesTest {
    @TempDir
    Path folder;

    /// Written again as that kind they would be other columns.
    @Test
    void what_a_column_means_besides_its_kind_is_told_and_it_is_read_by_name_all_the_same() throws IOException {
        Path path = folder.resolve("a.parquet");
        MadeParquet.write(path, """
                message m {
                  required int64 seen (TIMESTAMP(MICROS,true));
                  required int32 day (DATE);
                  required int64 price (DECIMAL(10,2));
                  required int32 time (TIME(MILLIS,true));
                  required int32 byte (INTEGER(8,false));
                  required int32 wide (INTEGER(32,false));
                  required int64 widest (INTEGER(64,false));
                  required int32 number;
                  required binary raw;
                  required binary text (STRING);
                  required group prompt (LIST) { repeated group list { required group element {
                    required binary role (STRING); required binary content (STRING); required binary name (STRING); } } }
                }""", 1, (out, _) -> {
            String[] names = {"seen", "day", "price", "time", "byte", "wide", "widest", "number"};
            for (int i = 0; i < names.length; i++) {
                boolean isLong = i == 0 || i == 2 || i == 6;
                field(out, names[i], i, isLong ? () -> out.addLong(7) : () -> out.addInteger(7));
            }
            field(out, "raw", 8, () -> out.addBinary(Binary.fromString("r")));
            field(out, "text", 9, () -> out.addBinary(Binary.fromString("t")));
            field(
                    out,
                    "prompt",
                    10,
                    () -> list(out, 1, _ -> {
                        out.startGroup();
                        field(out, "role", 0, () -> out.addBinary(Binary.fromString("user")));
                        field(out, "content", 1, () -> out.addBinary(Binary.fromString("hello")));
                        field(out, "name", 2, () -> out.addBinary(Binary.fromString("ann")));
                        out.endGroup();
                    }));
        });
        try (ParquetFile file = ParquetFile.open(path)) {
            assertThat(file.columns().stream()
                            .filter(column -> !column.isExact())
                            .map(Column::toString))
                    .containsExactly(
                            "seen: timestamp",
                            "day: date",
                            "price: decimal",
                            "time: time",
                            "wide: uint32",
                            "widest: uint64",
                            "raw: binary",
                            "prompt: list<struct of 3>");
            assertThat(file.longs("seen").next()).isEqualTo(7);
            assertThat(file.texts("raw").next()).isEqualTo("r");
            assertThat(file.messages("prompt").next()).containsExactly(new RoleContent("user", "hello"));
        }
    }

    @Test
    void doubles_are_rounded_once_and_what_becomes_infinite_is_refused() throws IOException {
        String schema = """
                message m { required group v (LIST) { repeated group list { required double element; } } }""";
        // the second lies nearer to the float above it, through another rounding before it would not
        double[] values = {0.1, 1 + Math.ulp(1f) / 2.0 + 1e-12, -2.5, 1e-60};
        for (boolean distinct : new boolean[] {true, false}) {
            Path path = folder.resolve(distinct + ".parquet");
            // many times the same: the writer makes a dictionary
            MadeParquet.write(
                    path,
                    schema,
                    distinct ? 1 : 100,
                    (out, _) -> field(out, "v", 0, () -> list(out, 4, i -> out.addDouble(values[i]))));
            try (ParquetFile file = ParquetFile.open(path)) {
                assertThat(file.columns()).extracting(Column::toString).containsExactly("v: list<double>");
                ColumnCursor<float[]> rows = file.floats("v");
                assertThat(rows.next()).containsExactly(0.1f, Math.nextUp(1f), -2.5f, 0f);
            }
        }
        Path large = folder.resolve("large.parquet");
        MadeParquet.write(
                large, schema, 1, (out, _) -> field(out, "v", 0, () -> list(out, 1, i -> out.addDouble(1e39))));
        try (ParquetFile file = ParquetFile.open(large)) {
            assertThatThrownBy(() -> file.floats("v").next())
                    .isInstanceOf(FormatException.class)
                    .hasMessageContainingAll("column v.list.element", "1.0E39 is too large for a float of 32 bits");
        }
    }

    @Test
    void floats_of_16_bits_are_read() throws IOException {
        Path path = folder.resolve("a.parquet");
        short[] halves = {Float.floatToFloat16(0.333f), Float.floatToFloat16(-65504f), 1};
        MadeParquet.write(
                path,
                """
                message m { required group v (LIST) { repeated group list {
                  required fixed_len_byte_array(2) element (FLOAT16); } } }""",
                3,
                (out, _) -> field(
                        out,
                        "v",
                        0,
                        () -> list(
                                out,
                                3,
                                i -> out.addBinary(Binary.fromConstantByteArray(ByteBuffer.allocate(2)
                                        .order(ByteOrder.LITTLE_ENDIAN)
                                        .putShort(halves[i])
                                        .array())))));
        try (ParquetFile file = ParquetFile.open(path)) {
            assertThat(file.columns()).extracting(Column::toString).containsExactly("v: list<halffloat>");
            ColumnCursor<float[]> rows = file.floats("v");
            rows.skip(2);
            assertThat(rows.next())
                    .containsExactly(Float.float16ToFloat(halves[0]), -65504f, Float.float16ToFloat((short) 1));
        }
    }

    /// Arrow looks at a dictionary's size only after a batch of 1,024 values: seventeen texts of 4 MB are
    /// in it by then.
    @Test
    void a_dictionary_of_long_texts_is_read() throws IOException {
        Path path = folder.resolve("a.parquet");
        byte[][] texts = new byte[2][33 << 20];
        Arrays.fill(texts[0], (byte) 'a');
        Arrays.fill(texts[1], (byte) 'b');
        MadeParquet.writeWithDictionaries(
                path,
                "message m { required binary text (STRING); }",
                3,
                (out, row) -> field(out, "text", 0, () -> out.addBinary(Binary.fromConstantByteArray(texts[row % 2]))));
        try (ParquetFile file = ParquetFile.open(path)) {
            ColumnCursor<String> read = file.texts("text");
            for (int row = 0; row < 3; row++) {
                assertThat(read.next().getBytes(StandardCharsets.US_ASCII)).isEqualTo(texts[row % 2]);
            }
        }
    }
}
