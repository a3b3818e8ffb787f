package dev.nla4j.train.rl;

import java.util.Arrays;

/// How much better each sample did than its group: `A = r − mean(group)`, divided by the group's spread on request.
///
/// Dividing overweights groups that hardly differ (Liu et al. 2025, "Understanding R1-Zero-Like Training"), so it is an
/// option and not the rule.
///
/// @param values one number a sample; 0 for every sample of a group without spread
/// @param groups how many groups there were
/// @param flatGroups groups without spread: they teach nothing and are left out of the update
/// @param meanSpread mean over groups of the population standard deviation of their rewards
@SuppressWarnings("ArrayRecordComponent") // read once by the loss, never compared
public record Advantages(double[] values, int groups, int flatGroups, double meanSpread) {
    /// Added to a spread before dividing, as the published recipe does.
    private static final double EPSILON = 1e-6;
    /// Rewards that differ only by rounding are equal: an error moves by up to 1e-5 with the texts that
    /// happen to be read beside it, and the best of texts that say the same would be the one that was
    /// rounded up.
    private static final double FLAT = 1e-5;

    /// Whether no group has anything to teach; the update is then skipped.
    public boolean isFlat() {
        return flatGroups == groups;
    }

    /// The advantages of samples that lie group after group.
    ///
    /// @param rewards one a sample, groups one after the other, all finite
    /// @param groupSize samples in a group, 2 or more
    /// @param divideBySpread whether to divide by the group's standard deviation (of the population) plus 1e-6
    public static Advantages of(double[] rewards, int groupSize, boolean divideBySpread) {
        if (groupSize < 2 || rewards.length == 0 || rewards.length % groupSize != 0) {
            throw new IllegalArgumentException("group size: must be >= 2 and divide the " + rewards.length
                    + " samples (1 or more groups), was " + groupSize);
        }
        for (int i = 0; i < rewards.length; i++) {
            if (!Double.isFinite(rewards[i])) {
                throw new IllegalArgumentException("reward of sample " + i + ": must be finite, was " + rewards[i]);
            }
        }
        double[] values = new double[rewards.length];
        int groups = rewards.length / groupSize;
        int flat = 0;
        double spreads = 0;
        for (int group = 0; group < groups; group++) {
            int from = group * groupSize;
            double[] own = Arrays.copyOfRange(rewards, from, from + groupSize);
            double mean = Arrays.stream(own).average().orElseThrow();
            double spread = Math.sqrt(Arrays.stream(own)
                    .map(r -> (r - mean) * (r - mean))
                    .average()
                    .orElseThrow());
            spreads += spread;
            if (spread <= FLAT * Math.max(1, Math.abs(mean))) {
                flat++;
                continue;
            }
            double scale = divideBySpread ? spread + EPSILON : 1;
            for (int i = 0; i < groupSize; i++) {
                values[from + i] = (own[i] - mean) / scale;
            }
        }
        return new Advantages(values, groups, flat, spreads / groups);
    }
}
