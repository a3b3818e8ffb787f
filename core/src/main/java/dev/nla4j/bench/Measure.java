package dev.nla4j.bench;

import java.util.Arrays;
import java.util.function.DoubleSupplier;

/// Repeated timing of one piece of work.
///
/// @param amount of the unit that one run does
/// @param seconds of each run, sorted
@SuppressWarnings("ArrayRecordComponent") // copied in and out
public record Measure(double amount, double[] seconds) {
    public Measure {
        seconds = seconds.clone();
        Arrays.sort(seconds);
    }

    /// Times `work` and what bounds it in turns, so that a machine whose speed changes meanwhile changes it for
    /// both.
    ///
    /// @param bound gives its own seconds
    /// @return work, then bound
    static Measure[] inTurns(double amount, int repeats, Runnable work, DoubleSupplier bound) {
        double[] seconds = new double[repeats];
        double[] bounds = new double[repeats];
        // The first turn warms both up and counts for nothing.
        for (int i = -1; i < repeats; i++) {
            long start = System.nanoTime();
            work.run();
            int counted = Math.max(i, 0);
            seconds[counted] = (System.nanoTime() - start) / 1e9;
            bounds[counted] = bound.getAsDouble();
        }
        return new Measure[] {new Measure(amount, seconds), new Measure(amount, bounds)};
    }

    @Override
    public double[] seconds() {
        return seconds.clone();
    }

    /// Seconds of the median run.
    public double median() {
        return seconds[seconds.length / 2];
    }

    /// Units a second of the median run.
    public double rate() {
        return amount / median();
    }

    /// Units a second of each run, the fastest first.
    public double[] rates() {
        return Arrays.stream(seconds).map(s -> amount / s).toArray();
    }
}
