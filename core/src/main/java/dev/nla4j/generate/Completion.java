package dev.nla4j.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What was written for a request.
///
/// @param ids drawn, a stop id included
/// @param logProbabilities of each drawn id at temperature 1, natural logarithm
public record Completion(List<Integer> ids, List<Float> logProbabilities, StopReason reason) {
    public Completion {
        ids = List.copyOf(ids);
        logProbabilities = List.copyOf(logProbabilities);
    }

    Completion(int[] ids, float[] logProbabilities, StopReason reason) {
        this(Arrays.stream(ids).boxed().toList(), boxed(logProbabilities), reason);
    }

    private static List<Float> boxed(float[] values) {
        ArrayList<Float> boxed = new ArrayList<>(values.length);
        for (float value : values) {
            boxed.add(value);
        }
        return boxed;
    }

    /// The ids as an array.
    public int[] idArray() {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    /// Log-probabilities of the ids, as an array.
    public float[] logProbabilityArray() {
        float[] array = new float[logProbabilities.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = logProbabilities.get(i);
        }
        return array;
    }
}
