package dev.nla4j.generate;

import java.util.Set;

/// One completion to write.
///
/// @param number distinguishes the requests of one seed: a result depends on (weights, prompt, seed, number) only
/// @param maxNewTokens most tokens to draw
/// @param stopIds ids that end the completion
public record Request(
        Prompt prompt,
        long seed,
        long number,
        Sampling sampling,
        int maxNewTokens,
        Set<Integer> stopIds,
        StopCondition stop) {
    public Request {
        stopIds = Set.copyOf(stopIds);
        if (maxNewTokens < 1) {
            throw new IllegalArgumentException("max-new-tokens: must be 1 or more, was " + maxNewTokens);
        }
    }

    /// A request that draws from the whole distribution.
    ///
    /// @param temperature 0 for greedy
    public Request(
            Prompt prompt,
            long seed,
            long number,
            double temperature,
            int maxNewTokens,
            Set<Integer> stopIds,
            StopCondition stop) {
        this(prompt, seed, number, Sampling.at(temperature), maxNewTokens, stopIds, stop);
    }
}
