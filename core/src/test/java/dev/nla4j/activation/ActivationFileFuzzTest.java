package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nla4j.format.InputException;
import dev.nla4j.format.SourceExercise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/// Whatever the bytes, a Parquet file is read or refused with its name.
class ActivationFileFuzzTest {
    /// A run-length of two billion equal texts is a valid file: reading stops somewhere.
    private static final int MOST_ROWS = 2000;

    /// What a small file may make of itself by run lengths and compression: as many rows as are read here,
    /// a page of each column unpacked.
    private static final long READING = 256 << 20;

    @TempDir
    Path folder;

    @FuzzTest
    void a_file_of_any_bytes_is_read_or_refused(byte[] bytes) throws IOException {
        Path path = Files.write(folder.resolve("fuzzed.parquet"), bytes);
        SourceExercise.settings(bytes.length, READING, () -> open(path));
    }

    private static void open(Path path) {
        try (ActivationFile file = ActivationFile.open(path)) {
            ActivationFile.Rows rows = file.rows();
            int dimension = 0;
            for (int i = 0; i < MOST_ROWS && rows.hasNext(); i++) {
                float[] vector = rows.next().vector();
                assertThat(vector).isNotEmpty().hasSize(i == 0 ? vector.length : dimension);
                dimension = vector.length;
            }
        } catch (InputException e) {
            assertThat(e.getMessage()).contains("fuzzed.parquet").doesNotContain("\n");
        }
    }
}
