package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nla4j.format.InputException;
import dev.nla4j.format.SourceExercise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/// Whatever the bytes, a configuration is refused with its name, or is one a decoder can stand on.
class ConfigJsonFuzzTest {
    @TempDir
    Path folder;

    @FuzzTest
    void a_configuration_of_any_bytes_is_read_or_refused(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("config.json"), bytes);
        SourceExercise.settings(bytes.length, () -> {
            try {
                ModelConfig config = ConfigJson.read(file);
                assertThat(config.numLayers()).isPositive();
                assertThat(config.dim()).isPositive();
                assertThat(config.heads().queries() % config.heads().keyValues())
                        .isZero();
                SourceExercise.use(config.hashCode());
            } catch (InputException e) {
                assertThat(e.getMessage()).contains("config.json").doesNotContain("\n", "\r");
            }
        });
    }
}
