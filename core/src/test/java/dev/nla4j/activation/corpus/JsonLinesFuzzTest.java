package dev.nla4j.activation.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nla4j.activation.corpus.DocumentSource.RawDocument;
import dev.nla4j.format.InputException;
import dev.nla4j.format.SourceExercise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/// Whatever the bytes, a corpus of JSON lines is refused with its name, or every document of it is well-formed text.
class JsonLinesFuzzTest {
    @TempDir
    Path folder;

    @FuzzTest
    void a_corpus_of_any_bytes_is_read_or_refused(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("corpus.jsonl"), bytes);
        SourceExercise.settings(bytes.length, () -> {
            try (DocumentSource.Reading documents = new JsonLines(file, "text").open()) {
                for (RawDocument document = documents.next(); document != null; document = documents.next()) {
                    assertThat(document.text().length()).isLessThanOrEqualTo(bytes.length);
                    assertThat(Utf8.isWellFormed(document.text())).isTrue();
                }
            } catch (InputException e) {
                assertThat(e.getMessage()).contains("corpus.jsonl").doesNotContain("\n", "\r");
            }
        });
    }
}
