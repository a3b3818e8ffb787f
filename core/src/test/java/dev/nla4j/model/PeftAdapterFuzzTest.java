package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nla4j.format.InputException;
import dev.nla4j.format.SourceExercise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/// Whatever the bytes, an adapter's configuration is refused with its name, or has a rank and a finite factor.
class PeftAdapterFuzzTest {
    @TempDir
    Path folder;

    @FuzzTest
    void an_adapter_configuration_of_any_bytes_is_read_or_refused(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("adapter_config.json"), bytes);
        SourceExercise.settings(bytes.length, () -> {
            try {
                PeftAdapter adapter = PeftAdapter.read(file.resolveSibling("."));
                assertThat(adapter.rank()).isPositive();
                assertThat(adapter.alpha()).isFinite();
            } catch (InputException e) {
                assertThat(e.getMessage()).contains("adapter_config.json").doesNotContain("\n", "\r");
            }
        });
    }
}
