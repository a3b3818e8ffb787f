package dev.nla4j.train.rl;

import dev.nla4j.eval.Paraphrase;
import dev.nla4j.teacher.ClaimChecker;
import dev.nla4j.teacher.Evidence;
import dev.nla4j.train.config.RewardConfig;
import dev.nla4j.train.config.RewardTerm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/// Turns sampled texts into rewards: what the reconstructor makes of them and of a reworded copy, whether their claims
/// hold, how long they are.
public final class Judge {
    private final Reward reward;
    private final long seed;
    private final ClaimChecker checker;

    /// @param seed of rewordings
    public Judge(RewardConfig reward, long seed, ClaimChecker checker) {
        this.reward = new Reward(reward);
        this.seed = seed;
        this.checker = checker;
    }

    /// What is known of samples, in their order.
    public record Judgement(List<Reward.Facts> facts, List<Reward.Result> rewards) {
        /// Total rewards.
        public double[] totals() {
            return rewards.stream().mapToDouble(Reward.Result::total).toArray();
        }
    }

    /// Judges samples; empty when an error is no finite number: nothing can be learned from them then. The
    /// same text on the same activation has the same errors, whatever was read beside it.
    ///
    /// @param activations one a sample
    /// @param errors the reconstructor's, one a sample
    /// @param evidence one a sample, or empty where nothing is known of contexts
    /// @param numbers one a sample: with the seed they decide how it is reworded. What is compared shares
    /// one, so that it is not the rewording that makes the difference
    public Optional<Judgement> judge(
            List<Policy.Rollout> samples,
            List<float[]> activations,
            double[] errors,
            Optional<List<Evidence>> evidence,
            long[] numbers,
            Critic critic) {
        List<String> texts = samples.stream().map(Policy.Rollout::text).toList();
        Optional<double[]> known = !Arrays.stream(errors).allMatch(Double::isFinite)
                ? Optional.empty()
                : reward.config().uses(RewardTerm.REWORDED)
                        ? critic.errorsIfFinite(
                                IntStream.range(0, texts.size())
                                        .mapToObj(i -> Paraphrase.REWARD.of(texts.get(i), seed, numbers[i]))
                                        .toList(),
                                activations)
                        : Optional.of(new double[0]);
        if (known.isEmpty()) {
            return Optional.empty();
        }
        double[] reworded = known.get();
        Map<Said, Integer> firsts = new HashMap<>();
        List<Reward.Facts> facts = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            int at = i;
            int first = firsts.computeIfAbsent(new Said(samples.get(i).prompt(), texts.get(i)), _ -> at);
            facts.add(new Reward.Facts(
                    errors[first],
                    reworded.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(reworded[first]),
                    evidence.map(all -> truth(texts.get(at), all.get(at))).orElse(OptionalDouble.empty()),
                    samples.get(i).tokens(),
                    samples.get(i).truncated(),
                    samples.get(i).failed()));
        }
        return Optional.of(new Judgement(facts, facts.stream().map(reward::of).toList()));
    }

    /// A text on an activation.
    private record Said(int prompt, String text) {}

    /// The share of a text's checkable claims that hold.
    public OptionalDouble truth(String text, Evidence evidence) {
        return checker.check(text, evidence).truth();
    }

    Reward reward() {
        return reward;
    }
}
