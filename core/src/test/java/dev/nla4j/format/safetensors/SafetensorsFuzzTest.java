package dev.nla4j.format.safetensors;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nla4j.format.InputException;
import dev.nla4j.format.SourceExercise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/// Runs over its inputs folder in every build; how to search for more: `docs/design/formats.md`.
class SafetensorsFuzzTest {
    @TempDir
    Path folder;

    @FuzzTest
    void any_bytes_are_read_or_refused(byte[] bytes) throws IOException {
        Path path = Files.write(folder.resolve("fuzzed.safetensors"), bytes);
        SourceExercise.withBoundedAllocation(bytes.length, () -> {
            try (SafetensorsFile file = SafetensorsFile.open(path)) {
                file.metadata().forEach((key, value) -> SourceExercise.use(key.length() + value.length()));
                SourceExercise.readEverything(file, Math.max(0, bytes.length - SafetensorsFile.PREFIX));
            } catch (InputException expected) {
                SourceExercise.use(String.valueOf(expected.getMessage()).length());
            }
        });
    }
}
