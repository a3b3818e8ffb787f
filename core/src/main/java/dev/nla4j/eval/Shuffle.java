package dev.nla4j.eval;

import dev.nla4j.tensor.Rng;

/// Permutations for the shuffled controls.
public final class Shuffle {
    private Shuffle() {}

    /// A permutation in which no row keeps its place: every row meets another one's text or activation.
    ///
    /// @param rows 2 or more
    /// @return for each row the row whose text it gets
    public static int[] derangement(int rows, long seed) {
        if (rows < 2) {
            throw new IllegalArgumentException("rows: must be 2 or more, were " + rows);
        }
        int[] order = new int[rows];
        for (int i = 0; i < rows; i++) {
            order[i] = i;
        }
        // Sattolo's algorithm: a cycle through all rows, which has no fixed point
        for (int i = rows - 1; i > 0; i--) {
            int j = (int) (Rng.uniform(seed, 0, i) * i);
            int moved = order[i];
            order[i] = order[j];
            order[j] = moved;
        }
        return order;
    }
}
