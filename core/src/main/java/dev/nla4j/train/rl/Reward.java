package dev.nla4j.train.rl;

import dev.nla4j.train.config.RewardConfig;
import dev.nla4j.train.config.RewardTerm;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalDouble;

/// Adds a sample's reward from named terms.
public record Reward(RewardConfig config) {
    /// What the published recipe gives a text it calls failed.
    private static final double REFERENCE_FAILURE = -2;

    /// What is known of one sampled text.
    ///
    /// @param error 0 to 4, of the text as it stands
    /// @param rewordedError 0 to 4, of the reworded copy; empty when that term is off
    /// @param truth 0 to 1; empty when that term is off, or when the text claims nothing that can be checked
    /// @param tokens length
    /// @param truncated whether it was cut off at its length limit
    /// @param failed whether it is no explanation to the published recipe: cut off, or without one of its tags
    public record Facts(
            double error,
            OptionalDouble rewordedError,
            OptionalDouble truth,
            int tokens,
            boolean truncated,
            boolean failed) {
        public Facts {
            requireError("error", error);
            rewordedError.ifPresent(value -> requireError("reworded error", value));
            if (truth.isPresent() && !(truth.getAsDouble() >= 0 && truth.getAsDouble() <= 1)) {
                throw new IllegalArgumentException("truth: must be 0 to 1, was " + truth.getAsDouble());
            }
            if (tokens < 0) {
                throw new IllegalArgumentException("tokens: must be >= 0, was " + tokens);
            }
        }

        private static void requireError(String name, double error) {
            if (!(error >= -1e-4 && error <= 4.0001)) {
                throw new IllegalArgumentException(name + ": must be 0 to 4, was " + error);
            }
        }
    }

    /// A reward and what it is made of.
    ///
    /// @param terms weighted contributions, in the order of [RewardTerm]; empty for a flat failure
    public record Result(double total, Map<RewardTerm, Double> terms) {}

    /// The reward of one text. A text without a checkable claim gets 0 for truth: silence is not rewarded as honesty.
    ///
    /// @throws IllegalArgumentException when a term is on and its fact is missing
    public Result of(Facts facts) {
        if (config.failure() == RewardConfig.Failure.REFERENCE && facts.failed()) {
            return new Result(REFERENCE_FAILURE, Map.of());
        }
        Map<RewardTerm, Double> terms = new EnumMap<>(RewardTerm.class);
        double total = 0;
        for (Map.Entry<RewardTerm, Double> entry : config.weights().entrySet()) {
            double contribution = entry.getValue() * raw(entry.getKey(), facts);
            terms.put(entry.getKey(), contribution);
            total += contribution;
        }
        return new Result(total, terms);
    }

    private static double raw(RewardTerm term, Facts facts) {
        return switch (term) {
            case ERROR -> -facts.error();
            case REWORDED ->
                -facts.rewordedError()
                        .orElseThrow(() -> new IllegalArgumentException(
                                "reworded error: is missing, though the term reworded has a weight"));
            case TRUTH -> facts.truth().orElse(0);
            case TOKEN_COST -> -facts.tokens();
        };
    }
}
