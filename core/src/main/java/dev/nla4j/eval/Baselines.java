package dev.nla4j.eval;

import dev.nla4j.activation.Vectors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What can be told of an activation from others, without any text: figures that an explanation has to beat.
public final class Baselines {
    private Baselines() {}

    /// For each activation the one of `training` that points most alike: what looking it up gives.
    ///
    /// @param training one or more, none zero
    public static List<float[]> nearest(List<float[]> training, List<float[]> activations) {
        double[] norms = training.stream().mapToDouble(Vectors::norm).toArray();
        List<float[]> found = new ArrayList<>();
        for (float[] activation : activations) {
            int best = 0;
            double most = Double.NEGATIVE_INFINITY;
            for (int row = 0; row < norms.length; row++) {
                double alike = Vectors.dot(training.get(row), activation) / norms[row];
                if (alike > most) {
                    most = alike;
                    best = row;
                }
            }
            found.add(training.get(best));
        }
        return found;
    }

    /// For each key the mean direction of the training activations that have it, or of all where none has.
    ///
    /// @param keys of the training activations, such as the last token before each
    /// @param training as many, none zero
    /// @param asked keys of the activations that are told
    public static List<float[]> byKey(List<?> keys, List<float[]> training, List<?> asked) {
        Map<Object, List<float[]>> groups = new HashMap<>();
        for (int row = 0; row < training.size(); row++) {
            groups.computeIfAbsent(keys.get(row), _ -> new ArrayList<>()).add(training.get(row));
        }
        Map<Object, float[]> means = new HashMap<>();
        groups.forEach((key, group) -> means.put(key, Vectors.meanDirection(group)));
        float[] all = Vectors.meanDirection(training);
        return asked.stream().map(key -> means.getOrDefault(key, all)).toList();
    }
}
