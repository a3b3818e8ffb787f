package dev.nla4j.activation.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.ParquetRowWriter;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CorpusTest {
    @TempDir
    Path folder;

    @Test
    void a_folder_with_texts_beside_files_of_data_is_refused_by_the_file_s_name() throws IOException {
        Files.writeString(folder.resolve("README.md"), "about the data");
        Files.writeString(folder.resolve("docs.jsonl"), "{\"text\": \"x\"}\n");
        assertThatThrownBy(() -> read(folder, CorpusOptions.DEFAULT))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("docs.jsonl is neither: name that file itself");
    }

    @ParameterizedTest
    @CsvSource({
        "c4-train.00000.json.gz, unpack it",
        "docs.jsonl.zst, unpack it",
        "part-0.parquet.xz, unpack it",
        "book.txt.bz2, unpack it",
        "BOOK.TXT.GZ, unpack it",
        "books.zip, unpack it",
        "docs.csv, make a .jsonl or .parquet file of it",
        "docs.tsv, make a .jsonl or .parquet file of it",
        "data-00000-of-00001.arrow, make a .jsonl or .parquet file of it",
    })
    void documents_in_a_form_that_is_not_read_are_not_passed_over_for_a_readme(String name, String advice)
            throws IOException {
        Files.writeString(folder.resolve("README.md"), "about the data");
        Files.writeString(folder.resolve(name), "data");
        assertThatThrownBy(() -> read(folder, CorpusOptions.DEFAULT))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll(name + " is neither: " + advice, "or move it away");
    }

    @Test
    void files_of_other_kinds_are_counted_and_hidden_ones_are_not() throws IOException {
        Files.writeString(folder.resolve("a.txt"), "one");
        for (String name : List.of("settings.json", "cover.jpg", ".DS_Store")) {
            Files.writeString(folder.resolve(name), "x");
        }
        Files.createDirectories(folder.resolve(".git/objects"));
        Files.writeString(folder.resolve(".git/objects/12"), "x");
        Corpus corpus = Corpus.open(folder, CorpusOptions.DEFAULT);
        assertThat(corpus.passedOver()).isEqualTo(2);
        assertThat(corpus.files()).containsExactly(folder.resolve("a.txt"));
        Path lines = jsonl("{}");
        assertThat(Corpus.open(lines, CorpusOptions.DEFAULT).passedOver()).isZero();
        assertThat(Corpus.open(lines, CorpusOptions.DEFAULT).files()).containsExactly(lines);
    }

    /// As Python writes scores that are none.
    @Test
    void numbers_that_are_none_do_no_harm_in_fields_that_nobody_reads() throws IOException {
        Path file = jsonl("{\"text\": \"a\", \"score\": NaN}\n{\"text\": \"b\", \"x\": [-Infinity, Infinity]}\n");
        assertThat(read(file, CorpusOptions.DEFAULT)).extracting(Document::text).containsExactly("a", "b");
        Path id = jsonl("{\"text\": \"a\", \"doc_id\": NaN}\n");
        assertThatThrownBy(() -> read(id, CorpusOptions.DEFAULT)).hasMessageContaining("'doc_id' is of type number");
    }

    @Test
    void text_files_of_a_folder_come_in_the_order_of_their_paths() throws IOException {
        Path corpus = Files.createDirectories(folder.resolve("books"));
        Files.createDirectories(corpus.resolve("b/deep"));
        Files.writeString(corpus.resolve("b/deep/1.txt"), "two é😀");
        Files.writeString(corpus.resolve("a.MD"), "one");
        Files.writeString(corpus.resolve("c.txt"), "");
        Files.writeString(corpus.resolve("ignored.json"), "{}");
        assertThat(read(corpus, CorpusOptions.DEFAULT))
                .containsExactly(
                        new Document("books:train:0", "train", "one"),
                        new Document("books:train:1", "train", "two é😀"),
                        new Document("books:train:2", "train", ""));
    }

    @Test
    void a_text_that_is_not_utf8_is_refused_with_file_and_byte() throws IOException {
        Files.write(folder.resolve("x.txt"), new byte[] {'a', 'b', (byte) 0xff, 'c'});
        assertThatThrownBy(() -> read(folder, CorpusOptions.DEFAULT))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("x.txt at byte 2: text: is not valid UTF-8");
    }

    @Test
    void json_lines_keep_their_own_ids_or_are_numbered_within_their_split() throws IOException {
        Path file = jsonl("""
                {"text": "a", "doc_id": "own"}
                {"text": "b", "split": "eval"}

                {"text": "c", "split": "eval", "doc_id": 7}
                {"text": "d", "split": null, "other": [1]}
                {"text": "e", "split": "eval"}""");
        assertThat(read(file, CorpusOptions.DEFAULT))
                .containsExactly(
                        new Document("own", "train", "a"),
                        new Document("docs:eval:0", "eval", "b"),
                        new Document("7", "eval", "c"),
                        new Document("docs:train:1", "train", "d"),
                        new Document("docs:eval:2", "eval", "e"));
        assertThat(read(file, new CorpusOptions("eval", "text")).stream().map(Document::id))
                .containsExactly("docs:eval:0", "7", "docs:eval:2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"text\": \"a\"         | is not valid JSON",
                "{\"txt\": \"a\", \"x\": 1} | has no field 'text', only txt, x",
                "{\"text\": 5}            | field 'text' is of type number, expected text",
                "{\"text\": null}         | field 'text' is of type null, expected text",
                "[\"a\"]                  | is of type array, expected an object",
                "{\"text\": \"\\ud800\"}  | half a surrogate pair",
                "{\"text\": \"a\", \"doc_id\": []} | field 'doc_id' is of type array",
                "{\"text\": \"a\"} {}     | is not valid JSON",
            })
    void a_broken_line_is_named_by_its_number(String line, String problem) throws IOException {
        Path file = jsonl("{\"text\": \"fine\"}\n\n" + line + "\n{\"text\": \"fine\"}\n");
        assertThatThrownBy(() -> read(file, CorpusOptions.DEFAULT))
                .isInstanceOf(FormatException.class)
                .hasMessageContainingAll("docs.jsonl at byte 18: line 3: ", problem);
    }

    @Test
    void a_byte_order_mark_before_the_first_line_is_passed_over() throws IOException {
        Path file = Files.writeString(folder.resolve("docs.jsonl"), "\ufeff{\"text\": \"x\"}\n{\"text\": \"y\"}\n");
        assertThat(read(file, CorpusOptions.DEFAULT)).extracting(Document::text).containsExactly("x", "y");
    }

    @Test
    void a_line_that_is_not_utf8_is_named() throws IOException {
        Path file = folder.resolve("docs.jsonl");
        Files.write(file, "{\"text\": \"é\"}\n{\"text\": \"é\"}\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> read(file, CorpusOptions.DEFAULT))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("at byte 10: line 1: is not valid UTF-8");
    }

    @Test
    void a_column_of_a_parquet_file_is_a_corpus() throws Exception {
        Path file = Path.of(Objects.requireNonNull(getClass().getResource("/parquet/corpus.parquet"))
                .toURI());
        assertThat(read(file, CorpusOptions.DEFAULT))
                .containsExactly(
                        new Document("a", "train", "first document"),
                        new Document("b", "eval", "second"),
                        new Document("c", "train", "third"));
        assertThat(read(file, new CorpusOptions("eval", "doc_id")).stream().map(Document::text))
                .containsExactly("b");
        assertThatThrownBy(() -> read(file, new CorpusOptions(null, "body")))
                .isInstanceOf(FormatException.class)
                .hasMessageContainingAll("column body: is missing", "text: string", "label: double");
        assertThatThrownBy(() -> read(file, new CorpusOptions(null, "label")))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("column label: is double, expected string");
    }

    @Test
    void a_text_that_no_tokenizer_takes_is_refused_by_its_place_in_every_kind_of_corpus() throws IOException {
        String text = "a".repeat(Tokenizer.LONGEST_TEXT + 1);
        Path lines = jsonl("{\"text\": \"fine\"}\n{\"text\": \"" + text + "\"}\n");
        Path texts = Files.createDirectories(folder.resolve("texts"));
        Files.writeString(texts.resolve("long.txt"), text);
        Path parquet = folder.resolve("docs.parquet");
        try (ParquetRowWriter writer =
                ParquetRowWriter.create(parquet, List.of(Column.of("text", ColumnKind.TEXT)), 10, Map.of())) {
            writer.write(List.of(new Value.Text("fine")));
            writer.write(List.of(new Value.Text(text)));
        }
        String problem = "is longer than " + Tokenizer.LONGEST_TEXT + " characters";
        assertThatThrownBy(() -> read(lines, CorpusOptions.DEFAULT)).hasMessageContainingAll("line 2", problem);
        assertThatThrownBy(() -> read(texts, CorpusOptions.DEFAULT)).hasMessageContainingAll("long.txt", problem);
        assertThatThrownBy(() -> read(parquet, CorpusOptions.DEFAULT)).hasMessageContainingAll("row 1", problem);
    }

    @Test
    void a_colon_in_the_name_of_a_corpus_does_not_reach_its_documents() throws IOException {
        Path file = Files.writeString(folder.resolve("docs-12:30:00.jsonl"), "{\"text\": \"a\", \"split\": \"eval\"}");
        assertThat(Corpus.open(file, CorpusOptions.DEFAULT).name()).isEqualTo("docs-12-30-00");
        assertThat(read(file, CorpusOptions.DEFAULT))
                .containsExactly(new Document("docs-12-30-00:eval:0", "eval", "a"));
    }

    @Test
    void whole_numbers_in_a_parquet_file_are_names_as_in_json_lines() throws IOException {
        Path file = folder.resolve("docs.parquet");
        List<Column> columns = List.of(
                Column.of("text", ColumnKind.TEXT),
                Column.of("doc_id", ColumnKind.INT64),
                Column.of("split", ColumnKind.INT64));
        try (ParquetRowWriter writer = ParquetRowWriter.create(file, columns, 10, Map.of())) {
            writer.write(List.of(new Value.Text("a"), new Value.Int64(7), new Value.Int64(0)));
            writer.write(List.of(new Value.Text("b"), new Value.Int64(-8), new Value.Int64(1)));
        }
        assertThat(read(file, CorpusOptions.DEFAULT))
                .containsExactly(new Document("7", "0", "a"), new Document("-8", "1", "b"));
    }

    @Test
    void a_column_of_splits_that_are_no_names_is_refused() throws Exception {
        Path fixture = Path.of(Objects.requireNonNull(getClass().getResource("/parquet/corpus.parquet"))
                .toURI());
        // its column of numbers under the name of splits
        String bytes = Files.readString(fixture, StandardCharsets.ISO_8859_1)
                .replace("split", "other")
                .replace("label", "split");
        Path file = Files.writeString(folder.resolve("docs.parquet"), bytes, StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> read(file, CorpusOptions.DEFAULT))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("column split: is double, expected string");
    }

    @Test
    void a_link_to_a_folder_is_read_as_the_folder() throws IOException {
        Path texts = Files.createDirectories(folder.resolve("texts/deep"));
        Files.writeString(texts.resolve("a.txt"), "one");
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("texts"));
        assertThat(read(link, CorpusOptions.DEFAULT)).containsExactly(new Document("link:train:0", "train", "one"));
    }

    @Test
    void a_byte_order_mark_is_no_part_of_a_text_file_s_text() throws IOException {
        Files.writeString(folder.resolve("a.txt"), "\ufeffone");
        assertThat(read(folder, CorpusOptions.DEFAULT))
                .extracting(Document::text)
                .containsExactly("one");
    }

    @Test
    void files_whose_names_read_alike_are_refused() throws Exception {
        String make = "printf one > \"$(printf '\\377.txt')\" && printf two > \"$(printf '\\376.txt')\"";
        Process shell =
                new ProcessBuilder("sh", "-c", make).directory(folder.toFile()).start();
        assumeTrue(shell.waitFor() == 0, "this file system has names of valid text only");
        assertThatThrownBy(() -> read(folder, CorpusOptions.DEFAULT))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("two files' names both read");
    }

    @Test
    void names_that_could_steer_a_terminal_are_shown_escaped() throws IOException {
        Path data = Files.writeString(folder.resolve("\u001b[2J.jsonl"), "{}");
        assertThatThrownBy(() -> read(folder, CorpusOptions.DEFAULT))
                .hasMessageContaining("\\u001b[2J.jsonl is neither");
        Files.delete(data);
        Files.write(folder.resolve("\u001b[2J.txt"), new byte[] {(byte) 0xff});
        assertThatThrownBy(() -> read(folder, CorpusOptions.DEFAULT))
                .hasMessageContaining("\\u001b[2J.txt at byte 0: text: is not valid UTF-8");
    }

    @Test
    void a_corpus_without_documents_is_refused_and_says_what_was_sought() throws IOException {
        assertThatThrownBy(() -> read(folder, CorpusOptions.DEFAULT))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("holds no .txt or .md file");
        Path file = jsonl("\n\n");
        assertThatThrownBy(() -> read(file, CorpusOptions.DEFAULT))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("docs.jsonl: has no documents");
        Path split = jsonl("{\"text\": \"a\"}\n{\"text\": \"b\", \"split\": \"test\"}");
        assertThatThrownBy(() -> read(split, new CorpusOptions("eval", "text")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no document of split eval, there are test, train");
    }

    @Test
    void what_is_no_corpus_is_refused() throws IOException {
        assertThatThrownBy(() -> Corpus.open(folder.resolve("none.jsonl"), CorpusOptions.DEFAULT))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no such file or folder");
        Path file = Files.writeString(folder.resolve("a.csv"), "text\n");
        assertThatThrownBy(() -> Corpus.open(file, CorpusOptions.DEFAULT))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("a corpus is a folder of .txt and .md files");
    }

    private Path jsonl(String content) throws IOException {
        return Files.writeString(folder.resolve("docs.jsonl"), content);
    }

    private static List<Document> read(Path path, CorpusOptions options) {
        List<Document> all = new ArrayList<>();
        try (Documents documents = Corpus.open(path, options).documents()) {
            for (Document next = documents.next(); next != null; next = documents.next()) {
                all.add(next);
            }
        }
        return all;
    }
}
