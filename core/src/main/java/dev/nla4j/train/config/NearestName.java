package dev.nla4j.train.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Which known name was probably meant.
final class NearestName {
    private NearestName() {}

    /// The known name that takes the fewest edits from `name`, if they are at most a third of its letters plus one.
    static Optional<String> of(String name, Collection<String> known) {
        return known.stream()
                .min(Comparator.<String>comparingInt(k -> distance(name, k)).thenComparing(Comparator.naturalOrder()))
                .filter(nearest -> distance(name, nearest) <= 1 + name.length() / 3);
    }

    /// Insertions, deletions and replacements from one to the other (Levenshtein).
    private static int distance(String a, String b) {
        int[] before = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            before[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] now = new int[b.length() + 1];
            now[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = before[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                now[j] = Math.min(replaced, Math.min(before[j], now[j - 1]) + 1);
            }
            before = now;
        }
        return before[b.length()];
    }
}
