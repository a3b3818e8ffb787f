package dev.nla4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.ChildJvm;
import dev.nla4j.distribute.Collective;
import dev.nla4j.train.rl.TinyRl;
import dev.nla4j.train.sft.TinyTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Joint learning over processes: one that is killed in the midst of a save, and two that share a step.
@EnabledOnOs(OS.LINUX)
class RlProcessesTest {
    @TempDir
    Path folder;

    @BeforeEach
    void warmStart() throws IOException {
        try (TinyTask tiny = TinyTask.in(folder.resolve("first-model"))) {
            TinyRl.warmStart(tiny, folder.resolve("pair"), 40, 20);
        }
    }

    private Process start(String... arguments) throws IOException {
        return new ProcessBuilder(ChildJvm.command(RlChild.class, "512m", arguments))
                .redirectError(folder.resolve("stderr").toFile())
                .start();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ar.safetensors", "folder"})
    void a_run_killed_in_the_midst_of_a_save_ends_with_the_bits_of_one_that_never_stopped(String stage)
            throws Exception {
        Process process = start("save", folder.toString(), stage);
        ChildJvm.kill(process);
        assertThat(folder.resolve("torn/checkpoints/step-15")).doesNotExist();
        assertThat(folder.resolve("torn/checkpoints/step-10")).exists();

        RlChild.run(folder, "torn", name -> {});
        RlChild.run(folder, "straight", name -> {});
        TornRun.assertSameHalves(folder.resolve("torn"), folder.resolve("straight"), 20);
        TornRun.assertSame(
                folder.resolve("torn-pair"), folder.resolve("straight-pair"), "av/adapter_model.safetensors");
        assertThat(TornRun.curve(folder.resolve("torn")))
                .hasSize(21)
                .isEqualTo(TornRun.curve(folder.resolve("straight")));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void two_processes_that_share_a_step_log_and_learn_what_one_does() throws Exception {
        Process first = start("share", folder.toString(), "0", "2");
        Process second = start("share", folder.toString(), "1", "2");
        List<String> a = output(first);
        List<String> b = output(second);
        List<String> alone = RlChild.share(folder, Collective.alone(), "alone");
        assertThat(b).as("to the bit the same in both").isEqualTo(a);
        assertThat(a).hasSameSizeAs(alone);
        for (int i = 0; i < alone.size(); i++) {
            String[] expected = alone.get(i).split(" ", -1);
            String[] found = a.get(i).split(" ", -1);
            assertThat(found[0]).isEqualTo(expected[0]);
            for (int number = 1; number < expected.length; number++) {
                double value = Double.parseDouble(expected[number]);
                assertThat(Double.parseDouble(found[number]))
                        .as(expected[0])
                        .isCloseTo(value, within(1e-5 * Math.max(1, Math.abs(value))));
            }
        }
    }

    @Test
    void a_run_of_two_processes_ends_in_both_and_begins_as_one_process_does() throws Exception {
        Process first = start("together", folder.toString(), "0", "2");
        Process second = start("together", folder.toString(), "1", "2");
        assertThat(output(first)).containsExactly("5");
        assertThat(output(second)).containsExactly("5");
        assertThat(RlChild.together(folder, Collective.alone(), "alone")).isEqualTo(5);
        List<MetricsLog.Line> both = MetricsLog.read(folder.resolve("together/metrics.jsonl"));
        List<MetricsLog.Line> one = MetricsLog.read(folder.resolve("alone/metrics.jsonl"));
        assertThat(both).hasSameSizeAs(one);
        // Later steps draw other texts where a rounding tips a draw.
        for (String value : List.of("ar_loss", "error", "ar_grad_norm")) {
            assertThat(both.get(1).values().get(value))
                    .as(value)
                    .isCloseTo(one.get(1).values().get(value), within(1e-5));
        }
        assertThat(folder.resolve("together-pair/av/adapter_model.safetensors")).exists();
    }

    private List<String> output(Process process) throws Exception {
        List<String> lines = ChildJvm.output(process);
        assertThat(process.exitValue()).as(() -> read(folder.resolve("stderr"))).isZero();
        return lines;
    }
}
