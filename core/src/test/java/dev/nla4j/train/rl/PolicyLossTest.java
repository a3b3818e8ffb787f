package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class PolicyLossTest {
    private static final float[] SAMPLED = {-1, -1, -1, -1};
    /// Ratios of e^0.05, e^0.5, e^-0.5, e^0.5.
    private static final float[] LEARNING = {-0.95f, -0.5f, -1.5f, -0.5f};
    private static final float[] ADVANTAGES = {1, 1, -2, -2};

    private static Tensor doubles(float... values) {
        return Tensors.of(values, values.length).to(ScalarType.Double);
    }

    @Test
    void the_loss_is_minus_advantage_times_log_probability_over_a_fixed_budget() {
        try (Scope _ = Scope.noGrad()) {
            Tensor loss = new PolicyLoss(10, 0).of(doubles(LEARNING), doubles(SAMPLED), doubles(ADVANTAGES));
            // −(1·−0.95 + 1·−0.5 + −2·−1.5 + −2·−0.5)/10
            assertThat(loss.item_double()).isCloseTo(-0.255, within(1e-7));
        }
    }

    @Test
    void a_long_bad_text_costs_in_proportion_to_its_length() {
        try (Scope _ = Scope.noGrad()) {
            PolicyLoss policyLoss = new PolicyLoss(100, 0);
            double once = policyLoss
                    .of(doubles(-1, -1), doubles(-1, -1), doubles(-1, -1))
                    .item_double();
            double twice = policyLoss
                    .of(doubles(-1, -1, -1, -1), doubles(-1, -1, -1, -1), doubles(-1, -1, -1, -1))
                    .item_double();
            assertThat(twice).isCloseTo(2 * once, within(1e-12));
        }
    }

    @Test
    void clipping_stops_the_gradient_of_tokens_that_moved_too_far_in_their_own_favour() {
        double[] gradient = FiniteDifferences.gradient(
                x -> new PolicyLoss(4, 0.2).of(x, doubles(SAMPLED), doubles(ADVANTAGES)), LEARNING, 4);
        // inside the band: −ρA/4; up and wanted: 0; down and wanted: 0; up though unwanted: pulled back in full
        assertThat(gradient)
                .containsExactly(new double[] {-Math.exp(0.05) / 4, 0, 0, 2 * Math.exp(0.5) / 4}, within(1e-6));
    }

    @Test
    void gradients_agree_with_finite_differences_with_and_without_clipping() {
        for (double clip : new double[] {0, 0.2}) {
            double worst = FiniteDifferences.worst(
                    x -> new PolicyLoss(7, clip).of(x, doubles(SAMPLED), doubles(ADVANTAGES)), LEARNING, 4);
            assertThat(worst).as("clip " + clip).isLessThan(1e-8);
        }
    }

    @Test
    void on_policy_the_clipped_gradient_is_the_plain_one() {
        double[] plain = FiniteDifferences.gradient(
                x -> new PolicyLoss(4, 0).of(x, doubles(SAMPLED), doubles(ADVANTAGES)), SAMPLED, 4);
        double[] clipped = FiniteDifferences.gradient(
                x -> new PolicyLoss(4, 0.2).of(x, doubles(SAMPLED), doubles(ADVANTAGES)), SAMPLED, 4);
        assertThat(clipped).containsExactly(plain, within(1e-12));
    }

    @Test
    void the_mismatch_of_rollout_and_trainer_is_measured() {
        try (Scope _ = Scope.noGrad()) {
            PolicyLoss.Ratio ratio =
                    new PolicyLoss(4, 0.2).ratio(doubles(LEARNING), doubles(SAMPLED), doubles(ADVANTAGES));
            // those without a gradient in the test above; the last is outside of the band too, and is pulled back
            assertThat(ratio.clippedShare()).isEqualTo(0.5);
            assertThat(ratio.meanRatio())
                    .isCloseTo((Math.exp(0.05) + 2 * Math.exp(0.5) + Math.exp(-0.5)) / 4, within(1e-6));
            assertThat(new PolicyLoss(4, 0).ratio(doubles(SAMPLED), doubles(SAMPLED), doubles(ADVANTAGES)))
                    .isEqualTo(new PolicyLoss.Ratio(1, 0, 0));
        }
    }

    @Test
    void impossible_budgets_and_bands_are_refused() {
        assertThatThrownBy(() -> new PolicyLoss(0, 0)).hasMessage("token budget: must be >= 1, was 0");
        assertThatThrownBy(() -> new PolicyLoss(1, 1)).hasMessage("ratio-clip: must be 0 (off) to below 1, was 1.0");
    }
}
