package dev.nla4j.generate;

/// How an id is chosen from a distribution.
///
/// @param temperature divides the logits; 0 takes the largest
/// @param topP draws only from the fewest ids whose probabilities reach this sum; 1 from all. Below 1 the drawn
///     id's log-probability is no longer that of the draw, so training never uses it
/// @param repetitionPenalty multiplies the log-probability of every id that this completion already holds, before
///     the temperature; 1, the default everywhere, leaves them. (Keskar et al. 2019 divide or multiply logits by
///     their sign, which depends on a constant that no distribution shows.)
public record Sampling(double temperature, double topP, double repetitionPenalty) {
    public Sampling {
        if (!(temperature >= 0 && temperature <= 100)) {
            throw new IllegalArgumentException("temperature: must be 0 to 100, was " + temperature);
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException("top-p: must be above 0 and at most 1, was " + topP);
        }
        if (!(repetitionPenalty >= 0.1 && repetitionPenalty <= 10)) {
            throw new IllegalArgumentException("repetition-penalty: must be 0.1 to 10, was " + repetitionPenalty);
        }
    }

    /// From the whole distribution at `temperature`.
    public static Sampling at(double temperature) {
        return new Sampling(temperature, 1, 1);
    }

    boolean isGreedy() {
        return temperature == 0;
    }

    /// Whether the distribution drawn from is the model's own.
    boolean isPlain() {
        return temperature == 1 && topP == 1 && repetitionPenalty == 1;
    }
}
