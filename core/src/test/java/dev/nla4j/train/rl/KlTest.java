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
    void the_exact_divergence_of_two_coins_is_the_one_of_a_calculation_by_hand() {
        try (Scope _ = Scope.noGrad()) {
            // logits may be shifted: softmax does not see it
            Tensor policy = logs(0.5, 0.5).view(1, 2);
            Tensor reference = Tensors.plus(logs(0.25, 0.75).view(1, 2), 3);
            double expected = 0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75);
            assertThat(Tensors.floats(Kl.exact(policy, reference)))
                    .containsExactly(new float[] {(float) expected}, within(1e-6f));
            assertThat(Tensors.floats(Kl.exact(policy, policy))).containsExactly(new float[] {0}, within(1e-7f));
        }
    }

    @Test
    void the_gradient_of_the_exact_divergence_agrees_with_finite_differences_and_spares_the_reference() {
        double worst = FiniteDifferences.worst(
                x -> Kl.exact(x, doubles(REFERENCE, 2, 4)).sum(), POLICY, 2, 4);
        assertThat(worst).isLessThan(1e-8);
        try (Scope _ = Scope.open()) {
            Tensor policy = Tensors.of(POLICY, 2, 4).set_requires_grad(true);
            Tensor reference = Tensors.of(REFERENCE, 2, 4).set_requires_grad(true);
            Kl.exact(policy, reference).sum().backward();
            assertThat(reference.grad().defined()).isFalse();
            assertThat(policy.grad().defined()).isTrue();
        }
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
                x -> Kl.exact(x, doubles(REFERENCE, 2, 4)).sum(), POLICY, 2, 4);
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

    @Test
    void log_probabilities_and_entropy_are_those_of_the_softmax() {
        try (Scope _ = Scope.noGrad()) {
            Tensor logits = logs(0.5, 0.25, 0.25, 0.1, 0.1, 0.8).view(2, 3);
            Tensor ids = Tensors.longs(new long[] {0, 2}, 2);
            assertThat(Tensors.floats(Kl.logProbabilities(logits, ids)))
                    .containsExactly(new float[] {(float) Math.log(0.5), (float) Math.log(0.8)}, within(1e-6f));
            assertThat(Tensors.floats(Kl.entropy(logits))[0]).isCloseTo((float) (1.5 * Math.log(2)), within(1e-6f));
        }
    }
}
