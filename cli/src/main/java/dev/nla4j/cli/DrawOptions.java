package dev.nla4j.cli;

import dev.nla4j.generate.Sampling;
import picocli.CommandLine.Option;

/// What changes a distribution before a token is drawn from it, beside the temperature; off by default.
final class DrawOptions {
    @Option(
            names = "--top-p",
            paramLabel = "P",
            defaultValue = "1",
            description = "Draw only from the fewest tokens whose probabilities reach this sum (default: from all).")
    double topP;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "X",
            defaultValue = "1",
            description =
                    "Multiply the log-probability of tokens written already: above 1 they come back less (default: off).")
    double repetitionPenalty;

    Sampling at(double temperature) {
        return new Sampling(temperature, topP, repetitionPenalty);
    }

    /// What differs from drawing at a temperature alone, in words; empty for nothing.
    static String inWords(Sampling sampling) {
        return (sampling.topP() < 1 ? ", top-p " + sampling.topP() : "")
                + (sampling.repetitionPenalty() != 1 ? ", repetition penalty " + sampling.repetitionPenalty() : "");
    }
}
