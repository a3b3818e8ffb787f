package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.config.KlKind;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class KlTest {
    private static final float[] POLICY = {0.3f, -1.2f, 0.7f, 2, 0, -0.5f, 0.1f, 0.1f};
    private static final float[] REFERENCE = {0.1f, 0.4f, -0.7f, 1, 0.2f, 0.5f, -0.9f, 0.3f};

    private static Tensor doubles(float[] values, long... shape) {
        return Tensors.of(values, shape).to(ScalarType.Double);
    }

    private static Tensor logs(double... probabilities) {
        float[] logs = new float[probabilities.length];
        for (int i = 0; i < logs.length; i++) {
            logs[i] = (float) Math.log(probabilities[i]);
        }
        return Tensors.of(logs, logs.length);
    }

    @Test
    void k2_and_k3_have_the_numbers_and_gradients_of_their_formulas() {
        try (Scope _ = Scope.noGrad()) {
            Tensor policy = logs(0.5);
            Tensor reference = logs(0.25);
            assertThat(Tensors.floats(Kl.k2(policy, reference))[0])
                    .isCloseTo((float) (0.5 * Math.log(2) * Math.log(2)), within(1e-6f));
            assertThat(Tensors.floats(Kl.k3(policy, reference))[0])
                    .isCloseTo((float) (0.5 - 1 - Math.log(0.5)), within(1e-6f));
        }
        assertThat(FiniteDifferences.worst(x -> Kl.k2(x, doubles(REFERENCE, 8)).sum(), POLICY, 8))
                .isLessThan(1e-8);
        assertThat(FiniteDifferences.worst(x -> Kl.k3(x, doubles(REFERENCE, 8)).sum(), POLICY, 8))
                .isLessThan(1e-8);
    }

    @Test
    void the_expected_gradient_of_k2_is_that_of_the_exact_divergence() {
        double[] exact = FiniteDifferences.gradient(
                x -> {
                    Tensor log = x.log_softmax(1);
                    Tensor reference = doubles(REFERENCE, 2, 4).log_softmax(1);
                    return log.exp().mul(log.sub(reference)).sum();
                },
                POLICY,
                2,
                4);
        double[] expected = FiniteDifferences.gradient(
                x -> {
                    Tensor log = x.log_softmax(1);
                    Tensor reference = doubles(REFERENCE, 2, 4).log_softmax(1);
                    // E over y ~ π of k2(y), the expectation's own weights held fixed as sampling does
                    return Kl.k2(log.view(-1), reference.view(-1))
                            .mul(log.exp().detach().view(-1))
                            .sum();
                },
                POLICY,
                2,
                4);
        assertThat(expected).containsExactly(exact, within(1e-12));
    }

    @Test
    void the_expected_gradient_of_k1_is_zero_which_is_why_it_is_refused() {
        double[] expected = FiniteDifferences.gradient(
                x -> {
                    Tensor log = x.log_softmax(1);
                    return log.sub(doubles(REFERENCE, 2, 4).log_softmax(1))
                            .mul(log.exp().detach())
                            .sum();
                },
                POLICY,
                2,
                4);
        assertThat(expected).containsExactly(new double[8], within(1e-12));
        assertThatThrownBy(() -> KlKind.parse("k1")).hasMessageContaining("gradient is zero in expectation");
        assertThat(KlKind.parse("exact")).isEqualTo(KlKind.EXACT);
        assertThatThrownBy(() -> KlKind.parse("k9")).hasMessageContaining("must be exact, k2 or k3");
    }
}
