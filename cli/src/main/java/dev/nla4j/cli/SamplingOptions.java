package dev.nla4j.cli;

import dev.nla4j.nla.Explainer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// How explanations are drawn.
final class SamplingOptions {
    private static final int USUAL_SAMPLES = 4;

    @Option(
            names = "--samples",
            paramLabel = "N",
            description =
                    "Explanations of each activation; the best by score is shown first. Default: 4, or 1 when greedy.")
    @Nullable
    Integer samples;

    @Option(
            names = "--temperature",
            paramLabel = "X",
            defaultValue = "0.7",
            description = "Temperature; 0 is greedy (default: ${DEFAULT-VALUE}).")
    double temperature;

    @Mixin
    DrawOptions draws = new DrawOptions();

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed; the same seed gives the same explanations (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(
            names = "--max-new-tokens",
            paramLabel = "N",
            defaultValue = "200",
            description = "Most tokens of one explanation (default: ${DEFAULT-VALUE}).")
    int maxNewTokens;

    Explainer.Options options() {
        if (!(temperature >= 0 && temperature <= 5)) {
            throw new IllegalArgumentException("--temperature: must be 0 to 5, was " + temperature);
        }
        if (maxNewTokens < 1 || maxNewTokens > 4096) {
            throw new IllegalArgumentException("--max-new-tokens: must be 1 to 4096, was " + maxNewTokens);
        }
        int count = samples != null ? samples : temperature == 0 ? 1 : USUAL_SAMPLES;
        if (count < 1 || count > 512) {
            throw new IllegalArgumentException("--samples: must be 1 to 512, was " + count);
        }
        // Greedy explanations of one activation are all the same.
        return new Explainer.Options(temperature == 0 ? 1 : count, draws.at(temperature), seed, maxNewTokens);
    }
}
