package dev.nla4j.train.rl;

import dev.nla4j.train.config.RlConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// What the verbalizer learns from in a step.
final class Lessons {
    private Lessons() {}

    /// The samples that teach, groups one after the other: those without spread teach nothing.
    ///
    /// @param own activation of each sample
    /// @param rewards one a sample
    static List<PolicyGradient.Sample> of(
            RlConfig.Method method,
            List<Policy.Rollout> rollouts,
            List<float[]> own,
            Advantages advantages,
            double[] rewards) {
        int size = rollouts.size() / advantages.groups();
        double[] values = advantages.values();
        List<PolicyGradient.Sample> lessons = new ArrayList<>();
        for (int from = 0; from < rollouts.size(); from += size) {
            if (IntStream.range(from, from + size).allMatch(i -> values[i] == 0)) {
                continue;
            }
            switch (method) {
                case GRPO -> {
                    for (int i = from; i < from + size; i++) {
                        lessons.add(rollouts.get(i).sample(own.get(i), values[i]));
                    }
                }
                case BEST_OF_N -> {
                    int best = IntStream.range(from, from + size)
                            .reduce((a, b) -> rewards[b] > rewards[a] ? b : a)
                            .orElse(from);
                    lessons.add(rollouts.get(best).sample(own.get(best), 1));
                }
            }
        }
        return lessons;
    }
}
