package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nla4j.format.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/// Whatever the bytes, a sidecar is refused with its name, or says the same again when it is written and read.
class DatasetSidecarFuzzTest {
    @TempDir
    Path folder;

    @FuzzTest
    void a_sidecar_of_any_bytes_is_read_or_refused(byte[] bytes) throws IOException {
        Path sidecar = Files.write(folder.resolve("fuzzed.yaml"), bytes);
        DatasetMeta meta;
        try {
            meta = DatasetSidecar.read(sidecar);
        } catch (InputException e) {
            assertThat(e.getMessage()).contains("fuzzed.yaml").doesNotContain("\n");
            return;
        }
        Path again = folder.resolve("again.yaml");
        DatasetSidecar.write(again, meta);
        assertThat(DatasetSidecar.read(again)).isEqualTo(meta);
    }
}
