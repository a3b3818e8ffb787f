package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.ArrowSchema;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ActivationFileTest {
    @TempDir
    Path folder;

    @Test
    void rows_are_read_back_in_order_and_by_number() throws IOException {
        // 32 MiB of vectors a row group: 64 rows of this width
        int dimension = 1 << 17;
        Path path = folder.resolve("a.parquet");
        try (ActivationWriter writer = ActivationWriter.create(path, dimension)) {
            for (int i = 0; i < 150; i++) {
                writer.write(row(i, dimension));
            }
        }
        try (ActivationFile file = ActivationFile.open(path)) {
            assertThat(file.size()).isEqualTo(150);
            List<String> documents = new ArrayList<>();
            for (ActivationFile.Rows rows = file.rows(); rows.hasNext(); ) {
                documents.add(rows.next().documentId());
            }
            assertThat(documents).hasSize(150).startsWith("d0", "d1").endsWith("d149");
            for (int number : new int[] {0, 149, 64, 65, 63, 128, 129, 5}) {
                ActivationRow row = file.row(number);
                ActivationRow expected = row(number, dimension);
                assertThat(row.vector()).isEqualTo(expected.vector());
                assertThat(row.text()).isEqualTo(expected.text());
                assertThat(row.tokens()).isEqualTo(expected.tokens());
                assertThat(row.layer()).isEqualTo(20);
                assertThat(row.documentId()).isEqualTo("d" + number);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fixed-size-snappy.parquet",
                "large-types-gzip.parquet",
                "pages-v2.parquet",
                "double-vector.parquet"
            })
    void files_of_pyarrow_are_read(String name) throws Exception {
        try (ActivationFile file = ActivationFile.open(fixture(name))) {
            assertThat(file.row(6).vector()).containsExactly(6, 6.25f, 6.5f, 6.75f);
            assertThat(file.row(2).text()).isEqualTo("text 2 é😀xx");
            assertThat(file.row(3).documentId()).isEqualTo("c:train:1");
        }
    }

    @Test
    void a_row_that_does_not_exist_is_refused() throws Exception {
        try (ActivationFile file = ActivationFile.open(fixture("fixed-size-snappy.parquet"))) {
            for (long number : new long[] {7, -1, Long.MAX_VALUE}) {
                assertThatThrownBy(() -> file.row(number))
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining("row " + number + " does not exist, the file has 7 rows");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "no-vector.parquet, column activation_vector: is missing",
        "messages.parquet, column activation_vector: is missing",
        "short-vector.parquet, 'row 5 has 3 numbers, the first row has 4'",
        "empty-vector.parquet, 'row 3 has 0 numbers, the first row has 4'",
        "nan-vector.parquet, row 5 element 1 is NaN",
        "null-vector.parquet, row 3 is null",
        "null-text.parquet, row 4 is null",
    })
    void what_breaks_the_schema_is_refused_with_its_place(String name, String problem) throws URISyntaxException {
        Path path = fixture(name);
        assertThatThrownBy(() -> {
                    try (ActivationFile file = ActivationFile.open(path)) {
                        for (ActivationFile.Rows rows = file.rows(); rows.hasNext(); ) {
                            rows.next();
                        }
                    }
                })
                .isInstanceOf(FormatException.class)
                .hasMessageContainingAll(name, problem);
    }

    @Test
    void a_file_without_rows_is_read() throws Exception {
        try (ActivationFile file = ActivationFile.open(fixture("zero-rows.parquet"))) {
            assertThat(file.size()).isZero();
            assertThat(file.rows().hasNext()).isFalse();
        }
    }

    @Test
    void the_footer_says_pyarrows_fixed_size_list_of_the_dimension() throws Exception {
        Path path = folder.resolve("a.parquet");
        try (ActivationWriter writer = ActivationWriter.create(path, 4)) {
            writer.write(row(1, 4));
        }
        List<String> written = ArrowFields.of(arrowSchema(path));
        assertThat(written).isEqualTo(ArrowFields.of(arrowSchema(fixture("fixed-size-snappy.parquet"))));
        assertThat(written).contains("activation_vector 1 16(length 4)[item 1 3(precision 1)[]]");
    }

    @Test
    void only_the_vectors_are_lists_of_one_length_for_pyarrow() {
        List<Column> columns = List.of(
                Column.of(ActivationSchema.VECTOR, ColumnKind.FLOAT_LIST), Column.of("scores", ColumnKind.FLOAT_LIST));
        String schema = ArrowSchema.of(columns, ActivationSchema.VECTOR, 4).get("ARROW:schema");
        assertThat(ArrowFields.of(Objects.requireNonNull(schema)))
                .contains("activation_vector 1 16(length 4)[item 1 3(precision 1)[]]")
                .contains("scores 1 12()[item 1 3(precision 1)[]]");
    }

    /// The value of the footer's key, which is written as text.
    private static String arrowSchema(Path path) throws IOException {
        String bytes = Files.readString(path, StandardCharsets.ISO_8859_1);
        Matcher matcher = Pattern.compile("ARROW:schema..?.?([A-Za-z0-9+/]{400,}=*)", Pattern.DOTALL)
                .matcher(bytes);
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    @Test
    void vectors_of_another_length_or_with_infinities_are_not_written() throws IOException {
        try (ActivationWriter writer = ActivationWriter.create(folder.resolve("a.parquet"), 3)) {
            assertThatThrownBy(() -> writer.write(new ActivationRow(1, "", new float[2], 0, "d")))
                    .hasMessageContaining("a vector of 2 in a file of 3");
            assertThatThrownBy(() ->
                            writer.write(new ActivationRow(1, "", new float[] {0, Float.POSITIVE_INFINITY, 0}, 0, "d")))
                    .hasMessageContaining("element 1 of a vector is Infinity");
        }
    }

    private static ActivationRow row(int number, int dimension) {
        Random random = new Random(number);
        float[] vector = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            vector[i] = random.nextFloat();
        }
        return new ActivationRow(number + 1, "text é " + number, vector, 20, "d" + number);
    }

    private static Path fixture(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(ActivationFileTest.class.getResource("/parquet/" + name))
                .toURI());
    }
}
