package dev.nla4j.nla;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nla4j.format.InputException;
import dev.nla4j.format.SourceExercise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/// Whatever the bytes, a half's sidecar is refused with its name, or says what it needs to.
class NlaMetaFuzzTest {
    @TempDir
    Path folder;

    @FuzzTest
    void a_sidecar_of_any_bytes_is_read_or_refused(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("nla_meta.yaml"), bytes);
        SourceExercise.settings(bytes.length, () -> {
            try {
                NlaMeta meta = NlaMeta.read(folder);
                assertThat(meta.file()).isEqualTo(file);
                assertThat(meta.dim()).isPositive();
                meta.injectionScale().ifPresent(scale -> assertThat(scale).isPositive());
                meta.mseScale().ifPresent(scale -> assertThat(scale).isPositive());
                SourceExercise.use(meta.template().length());
            } catch (InputException e) {
                assertThat(e.getMessage()).contains("nla_meta.yaml").doesNotContain("\n", "\r");
            }
        });
    }
}
