package dev.nla4j.data;

import dev.nla4j.activation.PythonRandom;

/// The order in which a data set is shuffled: the reference's, number for number.
final class Permutation {
    private Permutation() {}

    /// For each row of the result the row of the file it comes from, as `random.Random(key).shuffle(range(rows))`.
    ///
    /// @param key what besides the seed the order depends on
    static int[] of(long seed, String key, int rows) {
        int[] order = new int[rows];
        for (int i = 0; i < rows; i++) {
            order[i] = i;
        }
        PythonRandom random = PythonRandom.keyed(seed, key);
        for (int i = rows - 1; i > 0; i--) {
            int j = random.below(i + 1);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        return order;
    }

    /// For each row of the file its place in the result.
    static int[] inverse(int[] order) {
        int[] inverse = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            inverse[order[i]] = i;
        }
        return inverse;
    }
}
