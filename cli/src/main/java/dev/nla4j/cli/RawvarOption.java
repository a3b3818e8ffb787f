package dev.nla4j.cli;

import dev.nla4j.nla.Score;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The denominator of FVE.
final class RawvarOption {
    @Option(
            names = "--rawvar",
            paramLabel = "X",
            description = "FVE denominator, " + Score.RAWVARS + ". Default: the one in the AR's sidecar.")
    @Nullable
    Double given;

    /// The one given; empty when the pair's own is meant.
    OptionalDouble rawvar() {
        return checked(given);
    }

    /// What was given, or nothing.
    static OptionalDouble checked(@Nullable Double given) {
        if (given == null) {
            return OptionalDouble.empty();
        }
        if (!Score.isRawvar(given)) {
            throw new IllegalArgumentException("--rawvar: must be " + Score.RAWVARS + ", was " + given);
        }
        return OptionalDouble.of(given);
    }
}
