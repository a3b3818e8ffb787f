package dev.nla4j.eval;

import dev.nla4j.tensor.Rng;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Confidence intervals by drawing whole documents with replacement: samples of one document resemble each other, so
/// drawing samples would make intervals too narrow.
public final class Bootstrap {
    private static final int LEAST_DRAWS = 100;

    private Bootstrap() {}

    /// A mean and where it may lie.
    ///
    /// @param mean over samples
    /// @param low lower end of the interval
    /// @param high upper end
    /// @param documents how many documents; with fewer than some ten an interval says little
    public record Interval(double mean, double low, double high, int documents) {
        /// The interval of `1 − x / rawvar` when this is that of errors x.
        public Interval asFve(double rawvar) {
            return new Interval(1 - mean / rawvar, 1 - high / rawvar, 1 - low / rawvar, documents);
        }
    }

    /// The percentile interval of a mean.
    ///
    /// @param values one a sample
    /// @param documentIds of the same samples
    /// @param level share of draws inside, above 0 and below 1; usually 0.95
    /// @param draws 100 or more; 2,000 give steady second digits
    public static Interval mean(double[] values, List<String> documentIds, double level, int draws, long seed) {
        if (values.length == 0 || values.length != documentIds.size()) {
            throw new IllegalArgumentException("values: must be 1 or more and as many as document ids ("
                    + documentIds.size() + "), were " + values.length);
        }
        if (!(level > 0 && level < 1) || draws < LEAST_DRAWS) {
            throw new IllegalArgumentException("level: must be above 0 and below 1, draws >= " + LEAST_DRAWS + ", were "
                    + level + " and " + draws);
        }
        Map<String, double[]> sums = new LinkedHashMap<>(); // document: sum of its values, their count
        for (int i = 0; i < values.length; i++) {
            double[] sum = sums.computeIfAbsent(documentIds.get(i), id -> new double[2]);
            sum[0] += values[i];
            sum[1]++;
        }
        List<double[]> documents = new ArrayList<>(sums.values());
        double[] means = new double[draws];
        for (int draw = 0; draw < draws; draw++) {
            double total = 0;
            double count = 0;
            for (int i = 0; i < documents.size(); i++) {
                double[] drawn = documents.get((int) (Rng.uniform(seed, draw, i) * documents.size()));
                total += drawn[0];
                count += drawn[1];
            }
            means[draw] = total / count;
        }
        Arrays.sort(means);
        double tail = (1 - level) / 2;
        return new Interval(
                Arrays.stream(values).average().orElseThrow(),
                quantile(means, tail),
                quantile(means, 1 - tail),
                documents.size());
    }

    /// Between the two nearest order statistics, in proportion.
    private static double quantile(double[] sorted, double share) {
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
