package dev.nla4j.activation;

import dev.nla4j.model.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/// Keeps texts of one batch apart whose positions a model turns otherwise: the longest would decide for all, and what
/// is read of a text must not depend on those beside it.
final class LengthClasses {
    private LengthClasses() {}

    /// What `read` gives for each chosen token, text by text; it is called once for each class of lengths.
    ///
    /// @param rows token ids of each text
    /// @param positions chosen tokens of each text
    static <R> List<R> apart(
            ModelConfig config,
            List<int[]> rows,
            List<int[]> positions,
            BiFunction<List<int[]>, List<int[]>, List<R>> read) {
        Map<Integer, List<Integer>> classes = new TreeMap<>();
        for (int row = 0; row < rows.size(); row++) {
            classes.computeIfAbsent(config.lengthClass(rows.get(row).length), _ -> new ArrayList<>())
                    .add(row);
        }
        if (classes.size() == 1) {
            return read.apply(rows, positions);
        }
        int[] starts = new int[rows.size() + 1];
        for (int row = 0; row < rows.size(); row++) {
            starts[row + 1] = starts[row] + positions.get(row).length;
        }
        Map<Integer, R> results = new TreeMap<>();
        for (List<Integer> alike : classes.values()) {
            List<R> some = read.apply(
                    alike.stream().map(rows::get).toList(),
                    alike.stream().map(positions::get).toList());
            int next = 0;
            for (int row : alike) {
                for (int at : IntStream.range(starts[row], starts[row + 1]).toArray()) {
                    results.put(at, some.get(next++));
                }
            }
        }
        return List.copyOf(results.values());
    }
}
