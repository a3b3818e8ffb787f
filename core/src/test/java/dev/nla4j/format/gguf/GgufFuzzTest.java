package dev.nla4j.format.gguf;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nla4j.format.InputException;
import dev.nla4j.format.SourceExercise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.io.TempDir;

/// Runs over its inputs folder in every build; how to search for more: `docs/design/formats.md`.
class GgufFuzzTest {
    private static final List<BiConsumer<GgufMetadata, String>> GETTERS = List.of(
            (metadata, key) -> metadata.integer(key, Long.MIN_VALUE, Long.MAX_VALUE),
            (metadata, key) -> metadata.integer(key, 1, 1024),
            GgufMetadata::number,
            GgufMetadata::bool,
            GgufMetadata::string,
            (metadata, key) -> metadata.strings(key).forEach(String::hashCode),
            GgufMetadata::integers,
            GgufMetadata::floats);

    @TempDir
    Path folder;

    @FuzzTest
    void any_bytes_are_read_or_refused(byte[] bytes) throws IOException {
        Path path = Files.write(folder.resolve("fuzzed.gguf"), bytes);
        SourceExercise.withBoundedAllocation(bytes.length, () -> {
            try (GgufFile file = GgufFile.open(path)) {
                for (String key : file.metadata().keys()) {
                    GETTERS.forEach(getter -> readOrRefuse(file.metadata(), key, getter));
                }
                SourceExercise.readEverything(file, bytes.length);
            } catch (InputException expected) {
                SourceExercise.use(String.valueOf(expected.getMessage()).length());
            }
        });
    }

    private static void readOrRefuse(GgufMetadata metadata, String key, BiConsumer<GgufMetadata, String> getter) {
        try {
            getter.accept(metadata, key);
        } catch (InputException expected) {
            SourceExercise.use(String.valueOf(expected.getMessage()).length());
        }
    }
}
