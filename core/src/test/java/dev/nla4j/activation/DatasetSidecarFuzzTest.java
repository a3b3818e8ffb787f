package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nla4j.format.InputException;
import dev.nla4j.format.SourceExercise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

/// Whatever the bytes, a sidecar is refused with its name, or says the same again when it is written and read.
class DatasetSidecarFuzzTest {
    @TempDir
    Path folder;

    @FuzzTest
    void a_sidecar_of_any_bytes_is_read_or_refused(byte[] bytes) throws IOException {
        Path sidecar = Files.write(folder.resolve("fuzzed.yaml"), bytes);
        SourceExercise.settings(bytes.length, () -> read(sidecar));
        Optional<DatasetMeta> read = read(sidecar);
        if (read.isEmpty()) {
            return;
        }
        DatasetMeta meta = read.get();
        Path again = folder.resolve("again.yaml");
        DatasetSidecar.write(again, meta);
        assertThat(DatasetSidecar.read(again)).isEqualTo(meta);
    }

    private static Optional<DatasetMeta> read(Path sidecar) {
        try {
            return Optional.of(DatasetSidecar.read(sidecar));
        } catch (InputException e) {
            assertThat(e.getMessage()).contains("fuzzed.yaml").doesNotContain("\n");
            return Optional.empty();
        }
    }
}
