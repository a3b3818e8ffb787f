package dev.nla4j.distribute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.ChildJvm;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class CollectiveTest {
    @TempDir
    Path folder;

    private Process start(int rank, int size, String meeting, int patience) throws IOException {
        return ChildJvm.start(
                CollectiveChild.class,
                "256m",
                "" + rank,
                "" + size,
                folder.resolve(meeting).toString(),
                "" + patience);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void two_processes_with_half_the_batch_each_get_the_gradient_of_one_with_all_of_it() throws Exception {
        Process first = start(0, 2, "meeting", 90);
        Process second = start(1, 2, "meeting", 90);
        List<String> a = ChildJvm.output(first);
        List<String> b = ChildJvm.output(second);
        assertThat(a).as("to the bit the same in both").isEqualTo(b).hasSize(3);
        assertThat(a.get(0)).isEqualTo("sum [3.0, 0.5]");
        try (Scope _ = Scope.open()) {
            List<Tensor> whole = CollectiveChild.gradients(0, CollectiveChild.ROWS);
            for (int i = 0; i < whole.size(); i++) {
                assertThat(numbers(a.get(1 + i))).containsExactly(Tensors.floats(whole.get(i)), within(1e-5f));
            }
        }
    }

    private static float[] numbers(String line) {
        String[] parts = line.substring(1, line.length() - 1).split(", ", -1);
        float[] numbers = new float[parts.length];
        for (int i = 0; i < parts.length; i++) {
            numbers[i] = Float.parseFloat(parts[i]);
        }
        return numbers;
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void a_process_that_nobody_meets_gives_up_and_says_so() throws Exception {
        List<String> lines = ChildJvm.output(start(0, 2, "alone", 2));
        assertThat(lines).hasSize(1);
        assertThat(lines.getFirst()).startsWith("failed: process 0 of 2 could not join");
    }

    @Test
    void alone_a_sum_is_what_it_was() {
        try (Scope _ = Scope.noGrad();
                Collective alone = Collective.alone()) {
            Tensor tensor = Tensors.of(new float[] {1, 2}, 2);
            alone.sum(List.of(tensor));
            assertThat(Tensors.floats(tensor)).containsExactly(1, 2);
            assertThat(Arrays.toString(alone.sum(new double[] {3}))).isEqualTo("[3.0]");
            assertThat(alone.size()).isEqualTo(1);
        }
        assertThatThrownBy(() -> GlooCollective.join(2, 2, folder, "127.0.0.1", Duration.ofSeconds(1)))
                .hasMessageContaining("rank: must be 0 to size - 1");
    }
}
