package dev.nla4j.activation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/// What is read together: each batch is padded to its longest, which is its first.
public final class Batches {
    private Batches() {}

    /// Batches of neighbours; what is longer than `most` is a batch of its own.
    ///
    /// @param sorted longest first: the batch that needs most memory comes before the others
    /// @param most tokens of a batch, padding counted
    public static <T> List<List<T>> of(List<T> sorted, ToIntFunction<T> length, int most) {
        List<List<T>> batches = new ArrayList<>();
        for (T next : sorted) {
            List<T> last = batches.isEmpty() ? List.of() : batches.getLast();
            if (!last.isEmpty() && (last.size() + 1L) * length.applyAsInt(last.getFirst()) <= most) {
                last.add(next);
            } else {
                batches.add(new ArrayList<>(List.of(next)));
            }
        }
        return batches;
    }
}
