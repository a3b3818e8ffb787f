package dev.nla4j.train;

/// How the learning rate moves: up in a straight line over the warm-up, then constant or down a half cosine.
///
/// @param steps length of the run, 1 or more
/// @param warmup steps of the rise, 0 to `steps`
/// @param floor share of the peak that a cosine ends at, 0 to 1
public record Schedule(Shape shape, int steps, int warmup, double floor) {
    /// What comes after the warm-up.
    public enum Shape {
        CONSTANT,
        COSINE
    }

    public Schedule {
        if (steps < 1) {
            throw new IllegalArgumentException("steps: must be >= 1, was " + steps);
        }
        if (warmup < 0 || warmup > steps) {
            throw new IllegalArgumentException("warm-up: must be 0 to steps (" + steps + "), was " + warmup);
        }
        if (!(floor >= 0 && floor <= 1)) {
            throw new IllegalArgumentException("floor: must be 0 to 1, was " + floor);
        }
    }

    /// The share of the peak learning rate at a step, counted from 0. The first step of a warm-up of w is `1/w`, the
    /// last step of a cosine is above its floor by one step's worth: no update is wasted on a rate of 0.
    public double factor(long step) {
        if (step < 0) {
            throw new IllegalArgumentException("step: must be >= 0, was " + step);
        }
        if (step < warmup) {
            return (step + 1.0) / warmup;
        }
        return switch (shape) {
            case CONSTANT -> 1;
            case COSINE -> {
                double done = Math.min(1, (step - warmup) / (double) Math.max(1, steps - warmup));
                yield floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * done));
            }
        };
    }
}
