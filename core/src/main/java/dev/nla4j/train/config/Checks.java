package dev.nla4j.train.config;

/// Ranges of configuration values; the message has the form that [Section#build] prefixes with the path.
final class Checks {
    private Checks() {}

    static void atLeast(String key, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(key + ": must be >= " + least + ", was " + value);
        }
    }

    static void within(String key, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw new IllegalArgumentException(key + ": must be " + least + " to " + most + ", was " + value);
        }
    }

    static void above(String key, double value, double bound) {
        if (!(value > bound) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(key + ": must be above " + bound + " and finite, was " + value);
        }
    }
}
