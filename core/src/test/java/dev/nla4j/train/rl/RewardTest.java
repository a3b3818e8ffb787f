package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.generate.Completion;
import dev.nla4j.generate.StopReason;
import dev.nla4j.train.config.RewardConfig;
import dev.nla4j.train.config.RewardConfig.Failure;
import dev.nla4j.train.config.RewardTerm;
import dev.nla4j.train.rl.Reward.Facts;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class RewardTest {
    private static final Reward ALL = reward(
            Map.of(
                    RewardTerm.TOKEN_COST, 0.001,
                    RewardTerm.ERROR, 1.0,
                    RewardTerm.REWORDED, 0.5,
                    RewardTerm.TRUTH, 0.2),
            Failure.AS_IT_STANDS);

    private static Reward reward(Map<RewardTerm, Double> weights, Failure failure) {
        return new Reward(new RewardConfig(weights, failure));
    }

    private static Facts facts(boolean truncated) {
        return new Facts(0.4, OptionalDouble.of(0.6), OptionalDouble.of(0.75), 50, truncated, truncated);
    }

    @Test
    void the_reward_is_the_weighted_sum_of_its_terms() {
        Reward.Result result = ALL.of(facts(false));
        assertThat(result.total()).isCloseTo(-0.4 - 0.3 + 0.15 - 0.05, within(1e-12));
        assertThat(result.terms().keySet())
                .containsExactly(RewardTerm.ERROR, RewardTerm.REWORDED, RewardTerm.TRUTH, RewardTerm.TOKEN_COST);
        assertThat(result.terms().get(RewardTerm.REWORDED)).isCloseTo(-0.3, within(1e-12));
    }

    @Test
    void a_term_of_weight_0_is_off_and_needs_no_fact() {
        Reward reward = reward(Map.of(RewardTerm.ERROR, 1.0, RewardTerm.REWORDED, 0.0), Failure.AS_IT_STANDS);
        assertThat(reward.config().uses(RewardTerm.REWORDED)).isFalse();
        Facts bare = new Facts(0.4, OptionalDouble.empty(), OptionalDouble.empty(), 9, false, false);
        assertThat(reward.of(bare).total()).isEqualTo(-0.4);
        assertThatThrownBy(() -> ALL.of(bare)).hasMessageContaining("reworded error: is missing");
    }

    @Test
    void a_text_that_claims_nothing_gets_nothing_for_truth() {
        Reward truth = reward(Map.of(RewardTerm.TRUTH, 1.0), Failure.AS_IT_STANDS);
        assertThat(truth.of(new Facts(1, OptionalDouble.empty(), OptionalDouble.empty(), 9, false, false))
                        .total())
                .isZero();
    }

    @Test
    void a_truncated_text_is_scored_as_it_stands_unless_the_reference_rule_is_asked_for() {
        assertThat(ALL.of(facts(true))).isEqualTo(ALL.of(facts(false)));
        Reward reference = reward(ALL.config().weights(), Failure.REFERENCE);
        assertThat(reference.of(facts(true)).total()).isEqualTo(-2);
        assertThat(reference.of(facts(false))).isEqualTo(ALL.of(facts(false)));
    }

    @Test
    void a_text_that_is_cut_off_or_lacks_a_tag_has_failed_by_the_reference_rule() {
        Completion drawn = new Completion(List.of(1), List.of(-1f), StopReason.STOP_ID);
        assertThat(new Policy.Rollout(0, drawn, "", true, true).failed()).isTrue();
        assertThat(new Policy.Rollout(0, drawn, "", false, false).failed()).isTrue();
        assertThat(new Policy.Rollout(0, drawn, "", false, true).failed()).isFalse();
    }

    @Test
    void impossible_weights_and_facts_are_refused() {
        assertThatThrownBy(() -> new RewardConfig(Map.of(RewardTerm.TRUTH, -1.0), Failure.REFERENCE))
                .hasMessage("truth: must be >= 0 and finite, was -1.0");
        assertThatThrownBy(() -> new RewardConfig(Map.of(RewardTerm.TRUTH, 0.0), Failure.REFERENCE))
                .hasMessageContaining("at least one term");
        assertThatThrownBy(() -> new Facts(Double.NaN, OptionalDouble.empty(), OptionalDouble.empty(), 1, false, false))
                .hasMessageContaining("error: must be 0 to 4");
        assertThatThrownBy(() -> new Facts(1, OptionalDouble.empty(), OptionalDouble.of(1.5), 1, false, false))
                .hasMessageContaining("truth: must be 0 to 1");
    }
}
