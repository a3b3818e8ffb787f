package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class AdvantagesTest {
    @Test
    void rewards_are_centred_in_their_own_group() {
        Advantages advantages = Advantages.of(new double[] {1, 3, -10, -12}, 2, false);
        assertThat(advantages.values()).containsExactly(-1, 1, 1, -1);
        assertThat(advantages.groups()).isEqualTo(2);
        assertThat(advantages.flatGroups()).isZero();
        assertThat(advantages.meanSpread()).isEqualTo(1);
        assertThat(advantages.isFlat()).isFalse();
    }

    @Test
    void dividing_by_the_spread_uses_the_population_deviation_plus_a_millionth() {
        Advantages advantages = Advantages.of(new double[] {1, 5, 0.1, 0.3}, 2, true);
        assertThat(advantages.values())
                .containsExactly(
                        new double[] {-2 / 2.000001, 2 / 2.000001, -0.1 / 0.100001, 0.1 / 0.100001}, within(1e-12));
    }

    @Test
    void a_group_without_spread_contributes_nothing_and_is_counted() {
        Advantages advantages = Advantages.of(new double[] {0.1 + 0.2, 0.3, 1, 2, 4, 5}, 2, true);
        assertThat(advantages.flatGroups()).isEqualTo(1);
        assertThat(advantages.values()).startsWith(0, 0);
        assertThat(advantages.values()[2]).isNegative();
        assertThat(Advantages.of(new double[] {-2, -2, -2}, 3, true).isFlat()).isTrue();
    }

    /// As errors of texts that say the same, which were read beside other texts.
    @Test
    void what_rewards_differ_by_through_rounding_is_no_spread() {
        assertThat(Advantages.of(new double[] {-0.5, -0.500015}, 2, true).isFlat())
                .isTrue();
        assertThat(Advantages.of(new double[] {-0.5, -0.5001}, 2, true).isFlat())
                .isFalse();
    }

    @Test
    void samples_that_fill_no_whole_groups_or_are_not_finite_are_refused() {
        assertThatThrownBy(() -> Advantages.of(new double[] {1, 2, 3}, 2, false))
                .hasMessageContaining("group size");
        assertThatThrownBy(() -> Advantages.of(new double[] {1}, 1, false)).hasMessageContaining("group size");
        assertThatThrownBy(() -> Advantages.of(new double[0], 2, false)).hasMessageContaining("group size");
        assertThatThrownBy(() -> Advantages.of(new double[] {1, Double.NaN}, 2, false))
                .hasMessage("reward of sample 1: must be finite, was NaN");
    }
}
