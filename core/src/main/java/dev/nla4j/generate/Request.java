package dev.nla4j.generate;

import java.util.Set;

/// One completion to write.
///
/// @param prompt `T` rows of `D` numbers: embeddings, one row possibly injected; not copied
/// @param number distinguishes the requests of one seed: a result depends on (weights, prompt, seed, number) only
/// @param temperature 0 for greedy
/// @param maxNewTokens most tokens to draw
/// @param stopIds ids that end the completion
public record Request(
        Prompt prompt,
        long seed,
        long number,
        double temperature,
        int maxNewTokens,
        Set<Integer> stopIds,
        StopCondition stop) {
    public Request {
        stopIds = Set.copyOf(stopIds);
        if (!(temperature >= 0 && temperature <= 100)) {
            throw new IllegalArgumentException("temperature: must be 0 to 100, was " + temperature);
        }
        if (maxNewTokens < 1) {
            throw new IllegalArgumentException("max-new-tokens: must be 1 or more, was " + maxNewTokens);
        }
    }
}
