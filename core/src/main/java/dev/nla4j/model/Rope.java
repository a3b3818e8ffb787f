package dev.nla4j.model;

/// Rotary position embedding of one kind of layer (Su et al. 2021): pair i of a head, made of its elements i and i +
/// w/2,
/// turns by `position * frequency(i)`.
///
/// @param theta base of the frequencies
/// @param width how many elements of a head turn (all of them in most families); even
/// @param scaling how frequencies are stretched
public record Rope(double theta, int width, RopeScaling scaling) {
    public Rope {
        if (!(theta > 0) || Double.isInfinite(theta)) {
            throw new IllegalArgumentException("rope_theta: must be positive, was " + theta);
        }
        if (width < 2 || width % 2 != 0) {
            throw new IllegalArgumentException("rotary width: must be even and 2 or more, was " + width);
        }
        // Of short texts and of long ones: each kind of text may have a list of its own.
        for (int length : new int[] {1, Integer.MAX_VALUE}) {
            if (scaling.frequencies(plainFrequencies(theta, width / 2), theta, length).length != width / 2) {
                throw new IllegalArgumentException("rope scaling does not fit a width of " + width);
            }
        }
    }

    /// Frequencies of the pairs for a sequence of `length` tokens, rounded to fp32 as other implementations hold them.
    public float[] frequencies(int length) {
        double[] scaled = scaling.frequencies(plainFrequencies(theta, width / 2), theta, length);
        float[] rounded = new float[scaled.length];
        for (int i = 0; i < scaled.length; i++) {
            rounded[i] = (float) scaled[i];
        }
        return rounded;
    }

    static double[] plainFrequencies(double theta, int pairs) {
        double[] frequencies = new double[pairs];
        for (int i = 0; i < pairs; i++) {
            frequencies[i] = 1 / Math.pow(theta, (double) i / pairs);
        }
        return frequencies;
    }
}
