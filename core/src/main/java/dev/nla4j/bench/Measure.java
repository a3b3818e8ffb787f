package dev.nla4j.bench;

import java.util.Arrays;

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

    /// Runs `work` once unmeasured and then `repeats` times.
    static Measure of(double amount, int repeats, Runnable work) {
        work.run();
        double[] seconds = new double[repeats];
        for (int i = 0; i < repeats; i++) {
            long start = System.nanoTime();
            work.run();
            seconds[i] = (System.nanoTime() - start) / 1e9;
        }
        return new Measure(amount, seconds);
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
