package dev.nla4j.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Where a run's time goes, phase by phase, as time that passed and as processor time of the whole process. Shown on
/// stderr when the program runs with `NLA_JAVA_OPTS=-Dnla.timings=true`; on a busy machine only the second one tells
/// anything.
final class Phases {
    private static final Phases OF_THIS_RUN = new Phases(Boolean.getBoolean("nla.timings"));

    private final boolean wanted;
    private final List<Phase> ended = new ArrayList<>();

    private record Phase(String name, Instant end, Duration processor) {}

    private Phases(boolean wanted) {
        this.wanted = wanted;
    }

    static Phases ofThisRun() {
        return OF_THIS_RUN;
    }

    /// The phase called `name` ends here and the next begins.
    synchronized void end(String name) {
        if (wanted) {
            ended.add(new Phase(
                    name,
                    Instant.now(),
                    ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO)));
        }
    }

    /// One line a phase; nothing unless it was asked for.
    synchronized void print(PrintStream err) {
        // the system tells a process's own start to the second only
        Instant before = ended.isEmpty() ? Instant.now() : ended.getFirst().end();
        Duration processor = Duration.ZERO;
        for (Phase phase : ended) {
            err.println(String.format(
                    Locale.ROOT,
                    "nla: %-12s %6.2f s, %6.2f s of processors",
                    phase.name(),
                    seconds(Duration.between(before, phase.end())),
                    seconds(phase.processor().minus(processor))));
            before = phase.end();
            processor = phase.processor();
        }
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
