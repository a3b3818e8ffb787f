package dev.nla4j.train.rl;

import dev.nla4j.distribute.Collective;
import java.util.LinkedHashMap;
import java.util.Map;

/// Means for the log that hold over all processes: each adds its sums, in the same order of names.
final class Means {
    private final Map<String, double[]> sums = new LinkedHashMap<>(); // name: sum, weight

    /// Adds to a mean.
    ///
    /// @param weight what `sum` is a sum over; 0 when this process has nothing to add
    void add(String name, double sum, double weight) {
        double[] both = sums.computeIfAbsent(name, _ -> new double[2]);
        both[0] += sum;
        both[1] += weight;
    }

    /// The means over all processes; names that nobody had anything for are left out.
    Map<String, Double> over(Collective group) {
        double[] flat = sums.values().stream()
                .flatMapToDouble(both -> java.util.Arrays.stream(both))
                .toArray();
        double[] all = group.sum(flat);
        Map<String, Double> means = new LinkedHashMap<>();
        int at = 0;
        for (String name : sums.keySet()) {
            if (all[at + 1] > 0) {
                means.put(name, all[at] / all[at + 1]);
            }
            at += 2;
        }
        return means;
    }
}
