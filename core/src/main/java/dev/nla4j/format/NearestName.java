package dev.nla4j.format;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Which known name was probably meant.
public final class NearestName {
    /// A name with more changes than a third of its letters is another name; short ones may have two.
    private static final int LETTERS_PER_TYPO = 3;

    private static final int ALWAYS_ALLOWED = 2;
    /// Fewer letters are the beginning of anything.
    private static final int BEGINNING = 4;

    private NearestName() {}

    /// Of the names that `name` may be a slip or the beginning of, the one that takes the fewest changes.
    public static Optional<String> of(String name, Collection<String> known) {
        return known.stream()
                .filter(candidate -> isNear(name, candidate))
                .min(Comparator.comparingInt((String candidate) -> distance(name, candidate))
                        .thenComparing(Comparator.naturalOrder()));
    }

    private static boolean isNear(String name, String known) {
        int most = Math.max(ALWAYS_ALLOWED, Math.max(name.length(), known.length()) / LETTERS_PER_TYPO);
        return distance(name, known) <= most || (name.length() >= BEGINNING && known.startsWith(name));
    }

    /// Letters to insert, remove, exchange or swap with their neighbour to get from one name to the other.
    private static int distance(String from, String to) {
        int[][] cost = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int exchanged = cost[i - 1][j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                cost[i][j] = Math.min(exchanged, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
                boolean swapped = i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1);
                if (swapped) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[from.length()][to.length()];
    }
}
