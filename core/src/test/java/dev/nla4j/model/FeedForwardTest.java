package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tensor.Threads;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FeedForwardTest {
    /// Widths and numbers of rows after which a thread's share ends amid a vector.
    @ParameterizedTest
    @EnumSource(ModelConfig.Activation.class)
    void an_activation_has_the_same_bits_on_one_thread_and_two(ModelConfig.Activation activation) {
        int before = Threads.inUse();
        try (Scope _ = Scope.noGrad()) {
            Random random = new Random(4);
            for (int width : new int[] {64, 88, 96, 100, 127, 1504}) {
                for (int rows : new int[] {1, 697, 701, 1023}) {
                    float[] numbers = new float[rows * width];
                    for (int i = 0; i < numbers.length; i++) {
                        numbers[i] = (float) (4 * random.nextGaussian());
                    }
                    Tensor gate = Tensors.of(numbers, rows, width);
                    Threads.use(1);
                    Tensor alone = FeedForward.activated(gate, activation);
                    Threads.use(2);
                    assertThat(FeedForward.activated(gate, activation).equal(alone))
                            .as("%s of %d x %d", activation, rows, width)
                            .isTrue();
                }
            }
        } finally {
            Threads.use(before);
        }
    }
}
