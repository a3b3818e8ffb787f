package dev.nla4j.nla;

import dev.nla4j.activation.Vectors;
import dev.nla4j.format.InputException;
import java.util.OptionalDouble;

/// How well a reconstruction points where the activation points.
///
/// @param cosine of the angle between them
public record Score(double cosine) {
    /// What a denominator of FVE can be, in words.
    public static final String RAWVARS = "1e-6 to 4";

    /// Vectors of one direction up to rounding have the least variance.
    private static final double LEAST_RAWVAR = 1e-6;
    /// The mean square between opposite vectors of mean square 1.
    private static final double LARGEST_RAWVAR = 4;

    public Score {
        if (!(cosine >= -1.000001 && cosine <= 1.000001)) {
            throw new IllegalArgumentException("cosine: must be -1 to 1, was " + cosine);
        }
    }

    /// Whether `1 − mse / rawvar` means something: a number from 1e-6 to 4.
    public static boolean isRawvar(double rawvar) {
        return rawvar >= LEAST_RAWVAR && rawvar <= LARGEST_RAWVAR;
    }

    /// Of two vectors of equal length; a zero vector points nowhere and scores 0.
    public static Score of(float[] reconstruction, float[] activation) {
        if (reconstruction.length != activation.length) {
            throw new IllegalArgumentException(
                    "reconstruction: must have " + activation.length + " numbers, has " + reconstruction.length);
        }
        double reconstructionSquare = Vectors.square(reconstruction);
        double activationSquare = Vectors.square(activation);
        requireFinite(reconstructionSquare, "a reconstruction", "the reconstructor's weights");
        requireFinite(activationSquare, "an activation", "the target's weights or the file of activations");
        double norms = Math.sqrt(reconstructionSquare) * Math.sqrt(activationSquare);
        return new Score(norms == 0 ? 0 : Vectors.dot(reconstruction, activation) / norms);
    }

    /// Refuses a reconstruction that is no vector of numbers.
    public static void requireFinite(float[] reconstruction) {
        of(reconstruction, reconstruction);
    }

    /// No sum of squares of finite floats overflows a double.
    private static void requireFinite(double square, String what, String where) {
        if (!Double.isFinite(square)) {
            throw new InputException(
                    what + " holds NaN or infinite numbers: look into " + where + " (nla lint reads all of a pair's)");
        }
    }

    /// `2 (1 − cos)`: the mean squared error between both vectors at norm root of d; 0 is perfect, 2 orthogonal.
    public double mse() {
        return 2 * (1 - cosine);
    }

    /// Fraction of variance explained: `1 − mse / rawvar`; empty when no denominator is known.
    public OptionalDouble fve(OptionalDouble rawvar) {
        return rawvar.isPresent() ? OptionalDouble.of(1 - mse() / rawvar.getAsDouble()) : OptionalDouble.empty();
    }
}
