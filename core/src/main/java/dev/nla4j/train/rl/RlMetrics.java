package dev.nla4j.train.rl;

import dev.nla4j.train.Metric;
import dev.nla4j.train.config.RewardTerm;
import java.util.List;
import java.util.Optional;

/// What a step logs of its samples.
final class RlMetrics {
    private RlMetrics() {}

    /// The means of this process's samples.
    ///
    /// @param checked whether claims could be checked at all
    static Means of(
            Reward reward,
            List<Policy.Rollout> rollouts,
            Judge.Judgement judgement,
            boolean checked,
            Advantages advantages,
            Optional<PolicyGradient.Outcome> outcome) {
        Means means = new Means();
        for (Reward.Result result : judgement.rewards()) {
            means.add("reward", result.total(), 1);
            for (RewardTerm term : reward.config().weights().keySet()) {
                Double value = result.terms().get(term); // none of a flat failure
                means.add("reward/" + term.label(), value == null ? 0 : value, value == null ? 0 : 1);
            }
        }
        for (int i = 0; i < rollouts.size(); i++) {
            Reward.Facts facts = judgement.facts().get(i);
            means.add("error", facts.error(), 1);
            means.add(
                    "reworded_error",
                    facts.rewordedError().orElse(0),
                    facts.rewordedError().isPresent() ? 1 : 0);
            means.add(Metric.LENGTH.key(), facts.tokens(), 1);
            means.add("truncated", facts.truncated() ? 1 : 0, 1);
            means.add(Metric.TRUTH.key(), facts.truth().orElse(0), facts.truth().isPresent() ? 1 : 0);
            means.add("checkable", facts.truth().isPresent() ? 1 : 0, checked ? 1 : 0);
        }
        means.add("flat_groups", advantages.flatGroups(), advantages.groups());
        means.add("reward_spread", advantages.meanSpread() * advantages.groups(), advantages.groups());
        double tokens = outcome.map(PolicyGradient.Outcome::tokens).orElse(0L);
        PolicyGradient.Outcome o = outcome.orElse(new PolicyGradient.Outcome(0, 0, 0, 0, 0, 0, 0));
        means.add(Metric.KL.key(), o.kl() * tokens, tokens);
        means.add(Metric.ENTROPY.key(), o.entropy() * tokens, tokens);
        means.add("ratio", o.ratio() * tokens, tokens);
        means.add("mismatch", o.mismatch() * tokens, tokens);
        means.add("clipped", o.clipped() * tokens, tokens);
        return means;
    }
}
