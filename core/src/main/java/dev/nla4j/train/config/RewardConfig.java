package dev.nla4j.train.config;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/// What texts are rewarded for.
///
/// @param weights of the terms that are on; a term that is absent or 0 is off
/// @param failure what happens to a text that was cut off at its length limit, or lacks a tag
public record RewardConfig(Map<RewardTerm, Double> weights, Failure failure) {
    /// How a text that is no whole explanation is rewarded.
    public enum Failure {
        /// As what it is: the words are there, and their score tells what they are worth.
        AS_IT_STANDS,
        /// Flat −2 whatever it says, and the reconstructor does not learn from it, as the published recipe has it.
        /// Known
        /// to drive length.
        REFERENCE
    }

    public RewardConfig {
        EnumMap<RewardTerm, Double> sorted = new EnumMap<>(RewardTerm.class);
        weights.forEach((term, weight) -> {
            if (!(weight >= 0) || Double.isInfinite(weight)) {
                throw new IllegalArgumentException(term.label() + ": must be >= 0 and finite, was " + weight);
            }
            if (weight > 0) {
                sorted.put(term, weight);
            }
        });
        if (sorted.isEmpty()) {
            throw new IllegalArgumentException("weights: at least one term must have a weight above 0");
        }
        weights = Collections.unmodifiableMap(sorted);
    }

    /// Whether a term counts; what it needs is then to be computed.
    public boolean uses(RewardTerm term) {
        return weights.containsKey(term);
    }
}
