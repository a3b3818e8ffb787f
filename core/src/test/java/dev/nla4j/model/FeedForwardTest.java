package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tensor.Threads;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FeedForwardTest {
    /// Widths and numbers of rows after which a thread's share, or all there is, ends amid a vector.
    @ParameterizedTest
    @EnumSource(ModelConfig.Activation.class)
    void an_activation_has_the_same_bits_on_one_thread_and_two_and_beside_other_rows(
            ModelConfig.Activation activation) {
        int before = Threads.inUse();
        try (Scope _ = Scope.noGrad()) {
            Random random = new Random(4);
            for (int width : new int[] {64, 88, 96, 100, 127, 1504}) {
                for (int rows : new int[] {1, 697, 701, 1023}) {
                    float[] numbers = new float[rows * width];
                    for (int i = 0; i < numbers.length; i++) {
                        numbers[i] = (float) (4 * random.nextGaussian());
                    }
                    for (DType dtype : DType.values()) {
                        Tensor gate = Tensors.of(numbers, rows, width).to(dtype.scalarType());
                        Threads.use(1);
                        Tensor alone = FeedForward.activated(gate, activation);
                        Threads.use(2);
                        assertThat(FeedForward.activated(gate, activation).equal(alone))
                                .as("%s of %d x %d", activation, rows, width)
                                .isTrue();
                        Tensor last = FeedForward.activated(gate.narrow(0, 0, (rows + 1) / 2), activation);
                        assertThat(last.equal(alone.narrow(0, 0, last.size(0))))
                                .as("half of %s of %d x %d", activation, rows, width)
                                .isTrue();
                    }
                }
            }
        } finally {
            Threads.use(before);
        }
    }

    /// Of a text too long to go through at once, each token is what it is in a short one.
    @Test
    void a_long_text_goes_through_in_slices() {
        try (LanguageModel model = TinyModels.model(TinyModels.llama(0), 3);
                Scope _ = Scope.noGrad()) {
            Weights.Block block = model.weights().blocks().getFirst();
            int dim = model.config().dim();
            Random random = new Random(6);
            float[] numbers = new float[9000 * dim];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) random.nextGaussian();
            }
            Tensor x = Tensors.of(numbers, 1, 9000, dim);
            Tensor all = FeedForward.apply(x, block, null, model.config());
            assertThat(Shapes.of(all)).containsExactly(1, 9000, dim);
            for (int from : new int[] {0, 4000, 8990}) {
                Tensor some = FeedForward.apply(x.narrow(1, from, 10), block, null, model.config());
                assertThat(all.narrow(1, from, 10).allclose(some, 1e-5, 1e-5, false))
                        .as("from " + from)
                        .isTrue();
            }
        }
    }
}
