package dev.nla4j.activation;

import java.util.List;

/// Arithmetic of activations, in doubles and from the first number to the last: the order decides the last bits.
public final class Vectors {
    private Vectors() {}

    /// Sum of squares, which no finite floats make overflow.
    public static double square(float[] vector) {
        return dot(vector, vector);
    }

    /// The L2 norm.
    public static double norm(float[] vector) {
        return Math.sqrt(square(vector));
    }

    /// The inner product of two vectors of equal length.
    public static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /// The direction that vectors have in common: the mean of all at norm 1.
    ///
    /// @param vectors one or more of equal length, none zero
    public static float[] meanDirection(List<float[]> vectors) {
        float[] mean = new float[vectors.getFirst().length];
        for (float[] vector : vectors) {
            double norm = norm(vector);
            for (int i = 0; i < mean.length; i++) {
                mean[i] += (float) (vector[i] / norm / vectors.size());
            }
        }
        return mean;
    }
}
