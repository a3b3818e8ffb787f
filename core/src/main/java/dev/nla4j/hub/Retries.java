package dev.nla4j.hub;

import java.time.Duration;
import java.util.function.LongSupplier;

/// Tries again after temporary failures, with pauses that double. Tries that got further don't count.
record Retries(HubSettings.Patience patience) {
    /// Nobody sits before a terminal for longer; a server that asks for more is given up.
    private static final Duration LONGEST = Duration.ofSeconds(60);

    /// Work that may fail for a while.
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws TemporaryFailure, SourceFailure, InterruptedException;
    }

    /// @param mark how far the work is: grows when a failed try achieved something
    <T> T run(Attempt<T> attempt, LongSupplier mark) throws SourceFailure, InterruptedException {
        int failures = 0;
        long farthest = mark.getAsLong();
        while (true) {
            try {
                return attempt.run();
            } catch (TemporaryFailure e) {
                // not than the try before, which may have begun anew
                long reached = mark.getAsLong();
                failures = reached > farthest ? 1 : failures + 1;
                farthest = Math.max(farthest, reached);
                if (failures >= patience.tries()) {
                    throw new SourceFailure(e.reason() + " (" + failures + " tries)", e);
                }
                if (e.asked().compareTo(LONGEST) > 0) {
                    throw new SourceFailure(
                            e.reason() + "; it asks to wait " + e.asked().toSeconds() + " s", e);
                }
                Thread.sleep(pause(failures, e.asked()));
            }
        }
    }

    private Duration pause(int failures, Duration asked) {
        Duration doubled = patience.retry().multipliedBy(1L << Math.min(failures - 1, 10));
        Duration pause = doubled.compareTo(asked) > 0 ? doubled : asked;
        return pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
    }
}
