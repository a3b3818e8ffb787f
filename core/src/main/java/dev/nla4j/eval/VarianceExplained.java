package dev.nla4j.eval;

import dev.nla4j.activation.Vectors;
import dev.nla4j.nla.Score;
import java.util.List;
import java.util.stream.IntStream;

/// The denominator of FVE and what else is known of a set of activations, all at norm root of d.
///
/// `v̂ = √d · h/‖h‖`, `μ = mean v̂`, not renormalised.
///
/// @param rawvar mean over samples and dimensions of `(v̂ − μ)²`: the denominator of `FVE = 1 − mean error / rawvar`
/// @param meannorm the same against `√d · μ/‖μ‖`: what a constant prediction scores, since predictions are normalised
/// @param samples how many activations
public record VarianceExplained(double rawvar, double meannorm, int samples) {
    /// Measures a set, usually the training split.
    ///
    /// @param activations raw residual streams, 2 or more, all of one length, none zero
    public static VarianceExplained of(List<float[]> activations) {
        if (activations.size() < 2) {
            throw new IllegalArgumentException("activations: must be 2 or more, were " + activations.size());
        }
        int dim = activations.getFirst().length;
        double[] mean = new double[dim];
        double[] scales = new double[activations.size()];
        for (int row = 0; row < scales.length; row++) {
            float[] activation = activations.get(row);
            scales[row] = scale(activation, dim, row);
            for (int i = 0; i < dim; i++) {
                mean[i] += scales[row] * activation[i] / scales.length;
            }
        }
        double meanSquare = 0;
        for (double value : mean) {
            meanSquare += value * value;
        }
        // Samples have square norm d: mean (v̂ − μ)² over dimensions is 1 − ‖μ‖²/d.
        double rawvar = 0;
        for (int row = 0; row < scales.length; row++) {
            float[] activation = activations.get(row);
            for (int i = 0; i < dim; i++) {
                double difference = scales[row] * activation[i] - mean[i];
                rawvar += difference * difference / dim / scales.length;
            }
        }
        // Both of square norm d: the mean square between them is 2 − 2 mean(v̂)·μ/(√d‖μ‖) = 2 − 2 ‖μ‖/√d.
        double meannorm = 2 - 2 * Math.sqrt(meanSquare / dim);
        return new VarianceExplained(rawvar, meannorm, scales.length);
    }

    private static double scale(float[] activation, int dim, int row) {
        if (activation.length != dim) {
            throw new IllegalArgumentException(
                    "activation " + row + ": must have " + dim + " numbers, has " + activation.length);
        }
        double square = Vectors.square(activation);
        if (!(square > 0) || Double.isInfinite(square)) {
            throw new IllegalArgumentException("activation " + row + ": must be finite and not zero");
        }
        return Math.sqrt(dim / square);
    }

    /// `1 − mean(errors) / rawvar`.
    ///
    /// @param errors `2 (1 − cos)` each
    public double fve(double[] errors) {
        if (errors.length == 0) {
            throw new IllegalArgumentException("errors: must not be empty");
        }
        if (!(rawvar > 0)) {
            throw new IllegalStateException("rawvar: is 0, all activations point the same way");
        }
        return 1 - java.util.Arrays.stream(errors).average().orElseThrow() / rawvar;
    }

    /// Errors `2 (1 − cos)` of reconstructions, row by row.
    public static double[] errors(List<float[]> reconstructions, List<float[]> activations) {
        if (reconstructions.size() != activations.size()) {
            throw new IllegalArgumentException(
                    "reconstructions: must be " + activations.size() + ", were " + reconstructions.size());
        }
        return IntStream.range(0, activations.size())
                .mapToDouble(row ->
                        Score.of(reconstructions.get(row), activations.get(row)).mse())
                .toArray();
    }
}
