package dev.nla4j.format.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files written by another implementation are read right, or refused with the reason.
class PyarrowFilesTest {
    static Path fixture(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(PyarrowFilesTest.class.getResource("/parquet/" + name))
                .toURI());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fixed-size-snappy.parquet",
                "list-zstd-groups.parquet",
                "large-types-gzip.parquet",
                "plain-uncompressed.parquet",
                "pages-v2.parquet",
                "small-pages-checksums.parquet",
                "old-list-names.parquet",
                "required.parquet",
                "int32.parquet"
            })
    void the_same_rows_come_back_however_they_were_written(String name) throws Exception {
        try (ParquetFile file = ParquetFile.open(fixture(name))) {
            assertThat(file.rows()).isEqualTo(7);
            assertThat(file.columns().stream().map(Column::name))
                    .containsExactly(
                            "n_raw_tokens",
                            "detokenized_text_truncated",
                            "activation_vector",
                            "activation_layer",
                            "doc_id");
            assertThat(all(file.longs("n_raw_tokens"))).containsExactly(51L, 52L, 53L, 54L, 55L, 56L, 57L);
            assertThat(all(file.longs("activation_layer"))).containsOnly(20L).hasSize(7);
            assertThat(all(file.texts("doc_id")))
                    .containsExactly(
                            "c:train:0", "c:train:0", "c:train:0", "c:train:1", "c:train:1", "c:train:1", "c:train:2");
            List<String> texts = all(file.texts("detokenized_text_truncated"));
            List<float[]> vectors = all(file.floats("activation_vector"));
            for (int i = 0; i < 7; i++) {
                assertThat(texts.get(i)).isEqualTo("text " + i + " é😀" + "x".repeat(i));
                assertThat(vectors.get(i)).containsExactly(i, i + 0.25f, i + 0.5f, i + 0.75f);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"list-zstd-groups.parquet", "pages-v2.parquet", "small-pages-checksums.parquet"})
    void rows_can_be_skipped_to_any_row(String name) throws Exception {
        try (ParquetFile file = ParquetFile.open(fixture(name))) {
            for (int row = 0; row < 7; row++) {
                ColumnCursor<float[]> vectors = file.floats("activation_vector");
                ColumnCursor<String> texts = file.texts("detokenized_text_truncated");
                vectors.skip(row);
                texts.skip(row);
                assertThat(vectors.next()[0]).isEqualTo(row);
                assertThat(texts.next()).startsWith("text " + row);
                vectors.skip(6 - row);
                assertThat(vectors.hasNext()).isFalse();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "null-vector.parquet, row 3 is null",
        "null-element.parquet, row 3 is null",
        "brotli.parquet, brotli",
        "byte-stream-split.parquet, encoding 9",
    })
    void what_a_vector_column_must_not_hold_is_named(String name, String problem) throws Exception {
        try (ParquetFile file = ParquetFile.open(fixture(name))) {
            assertThatThrownBy(() -> all(file.floats("activation_vector")))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContainingAll(name, "column activation_vector", problem);
        }
    }

    @ParameterizedTest
    @CsvSource({"null-text.parquet, row 4 is null", "delta.parquet, encoding 7"})
    void what_a_text_column_must_not_hold_is_named(String name, String problem) throws Exception {
        try (ParquetFile file = ParquetFile.open(fixture(name))) {
            assertThatThrownBy(() -> all(file.texts("doc_id")))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContainingAll(name, "column doc_id", problem);
        }
    }

    @Test
    void a_column_of_another_type_or_name_is_refused_with_what_is_there() throws Exception {
        try (ParquetFile file = ParquetFile.open(fixture("double-vector.parquet"))) {
            assertThatThrownBy(() -> file.floats("doc_id"))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("is string, expected list<float>");
            assertThatThrownBy(() -> file.floats("vector"))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContainingAll("is missing", "n_raw_tokens: int64", "activation_vector: list<double>");
        }
    }

    /// The public trainer rounds them, too.
    @Test
    void vectors_of_doubles_are_read_as_floats() throws Exception {
        try (ParquetFile file = ParquetFile.open(fixture("double-vector.parquet"))) {
            assertThat(all(file.floats("activation_vector")).get(1)).containsExactly(1, 1.25f, 1.5f, 1.75f);
        }
    }

    @Test
    void an_empty_vector_is_a_vector_of_length_0() throws Exception {
        try (ParquetFile file = ParquetFile.open(fixture("empty-vector.parquet"))) {
            assertThat(all(file.floats("activation_vector")).stream().map(v -> v.length))
                    .containsExactly(4, 4, 4, 0, 4, 4, 4);
        }
    }

    @Test
    void a_file_without_rows_is_read() throws Exception {
        try (ParquetFile file = ParquetFile.open(fixture("zero-rows.parquet"))) {
            assertThat(file.rows()).isZero();
            assertThat(all(file.floats("activation_vector"))).isEmpty();
        }
    }

    @Test
    void conversations_are_read() throws Exception {
        try (ParquetFile file = ParquetFile.open(fixture("messages.parquet"))) {
            assertThat(all(file.messages("prompt")))
                    .containsExactly(
                            List.of(new RoleContent("user", "<INJECT> 0")),
                            List.of(new RoleContent("user", "<INJECT> 1"), new RoleContent("assistant", "ü")),
                            List.of(new RoleContent("user", "<INJECT> 2")),
                            List.of());
            assertThat(all(file.texts("response"))).hasSize(4).contains("<explanation>\n2\n</explanation>");
        }
        try (ParquetFile file = ParquetFile.open(fixture("null-message.parquet"))) {
            assertThatThrownBy(() -> all(file.messages("prompt")))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("row 0 is null");
        }
    }

    @Test
    void page_headers_longer_than_the_first_look_are_read() throws Exception {
        try (ParquetFile file = ParquetFile.open(fixture("long-header.parquet"))) {
            assertThat(all(file.texts("text")))
                    .containsExactly("ab".repeat(4000) + "0", "ab".repeat(4000) + "1", "ab".repeat(4000) + "2");
        }
    }

    private static <T> List<T> all(ColumnCursor<T> cursor) {
        List<T> values = new ArrayList<>();
        while (cursor.hasNext()) {
            values.add(cursor.next());
        }
        return values;
    }
}
