package dev.nla4j.activation.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
