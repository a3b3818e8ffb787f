package dev.nla4j.format;

import java.util.ArrayList;
import java.util.List;

/// Indices in words that stay short.
public final class Ranges {
    private Ranges() {}

    /// `0-4, 7` for indices that ascend.
    public static String of(Iterable<Integer> sorted) {
        List<String> ranges = new ArrayList<>();
        int start = -1;
        int end = -2;
        for (int index : sorted) {
            if (index != end + 1) {
                if (start >= 0) {
                    ranges.add(start == end ? "" + start : start + "-" + end);
                }
                start = index;
            }
            end = index;
        }
        if (start >= 0) {
            ranges.add(start == end ? "" + start : start + "-" + end);
        }
        return String.join(", ", ranges);
    }
}
