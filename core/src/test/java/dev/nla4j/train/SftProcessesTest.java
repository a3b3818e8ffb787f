package dev.nla4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.ChildJvm;
import dev.nla4j.distribute.Collective;
import dev.nla4j.train.sft.TinyTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Supervised training across the death of its process, and in two processes.
@EnabledOnOs(OS.LINUX)
class SftProcessesTest {
    @TempDir
    Path folder;

    private Path model;

    @BeforeEach
    void makeModel() throws IOException {
        model = folder.resolve("model");
        TinyTask.in(model).close();
    }

    private static Process child(String... arguments) throws IOException {
        return ChildJvm.start(SftChild.class, "256m", arguments);
    }

    private List<MetricsLog.Line> metrics(String run) throws IOException {
        return MetricsLog.read(folder.resolve(run).resolve("metrics.jsonl"));
    }

    /// What each step of a role logs of these, the first line before any update.
    private static List<String> logged(String role, long step) {
        boolean measured = step % SftChild.EVAL_EVERY == 0;
        List<String> keys = new ArrayList<>();
        if (step > 0) {
            keys.add("loss");
        }
        if (measured) {
            keys.add(role.equals("av") ? "eval/loss" : "fve");
        }
        return keys;
    }

    @ParameterizedTest
    @CsvSource({"av,av-adamw.safetensors", "ar,state.json"})
    void twenty_steps_are_ten_a_kill_in_the_middle_of_a_save_and_the_rest_to_the_bit(String role, String stage)
            throws Exception {
        Process process = child(role, model.toString(), folder.resolve("torn").toString(), "kill", stage);
        ChildJvm.kill(process);
        assertThat(folder.resolve("torn/checkpoints/step-10")).doesNotExist();
        assertThat(folder.resolve("torn/checkpoints/step-10.tmp")).exists();

        SftChild.train(role, model, folder.resolve("torn"), Collective.alone(), saved -> {});
        SftChild.train(role, model, folder.resolve("straight"), Collective.alone(), saved -> {});
        String last = "checkpoints/step-" + SftChild.STEPS + "/" + role;
        TornRun.assertSame(
                folder.resolve("torn"), folder.resolve("straight"), last + ".safetensors", last + "-adamw.safetensors");
        List<MetricsLog.Line> straight = TornRun.curve(folder.resolve("straight"));
        assertThat(TornRun.curve(folder.resolve("torn"))).isEqualTo(straight).hasSize(SftChild.STEPS + 1);
        for (MetricsLog.Line line : straight) {
            assertThat(line.values()).containsKeys(logged(role, line.step()).toArray(String[]::new));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"av", "ar"})
    void two_processes_that_share_each_batch_learn_what_one_does(String role) throws Exception {
        String run = folder.resolve("two").toString();
        String meeting = folder.resolve("meeting").toString();
        Process first = child(role, model.toString(), run, "0", meeting);
        Process second = child(role, model.toString(), run, "1", meeting);
        try {
            SftChild.train(role, model, folder.resolve("one"), Collective.alone(), saved -> {});
            assertThat(first.waitFor(4, TimeUnit.MINUTES)).isTrue();
            assertThat(second.waitFor(1, TimeUnit.MINUTES)).isTrue();
        } finally {
            first.destroyForcibly();
            second.destroyForcibly();
        }
        assertThat(first.exitValue()).isZero();
        assertThat(second.exitValue()).isZero();
        List<MetricsLog.Line> alone = metrics("one");
        List<MetricsLog.Line> shared = metrics("two");
        assertThat(shared).hasSameSizeAs(alone).hasSize(SftChild.STEPS + 1);
        for (int i = 0; i < alone.size(); i++) {
            Map<String, Double> expected = alone.get(i).values();
            Map<String, Double> found = shared.get(i).values();
            assertThat(found.keySet()).isEqualTo(expected.keySet());
            for (String key : logged(role, alone.get(i).step())) {
                assertThat(found.get(key))
                        .as(key + " of step " + alone.get(i).step())
                        .isCloseTo(expected.get(key), within(1e-5));
            }
        }
    }
}
