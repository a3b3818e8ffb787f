package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nla4j.progress.Progress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Brings the default model to an empty store with whatever this machine reaches: `-Dnla.test.model.pull=true`.
@Tag("model")
class RealWheelTest {
    @Test
    void the_default_model_arrives_with_its_pinned_bytes(@TempDir Path folder) {
        assumeTrue(Boolean.getBoolean("nla.test.model.pull"), "set -Dnla.test.model.pull=true to fetch 98 MB");
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("NLA_HOME", folder.toString());
        var store = new ModelStore(HubSettings.from(environment));
        ModelRef ref = ModelRef.parse("smollm2-135m-instruct");
        long start = System.nanoTime();
        LocalModel model = store.pull(ref, Progress.NONE);
        double seconds = (System.nanoTime() - start) / 1e9;
        assertThat(model.path()).hasFileName("SmolLM2-135M-Instruct.Q4_1.gguf").hasSize(98_362_432L);
        assertThat(store.verify(ref, Progress.NONE)).hasSize(1).allMatch(FileCheck::good);
        System.out.printf(
                "%s delivered in %.1f s%n", model.manifest().orElseThrow().source(), seconds);
    }
}
