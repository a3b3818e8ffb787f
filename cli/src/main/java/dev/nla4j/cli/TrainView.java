package dev.nla4j.cli;

import dev.nla4j.train.Metric;
import java.io.PrintStream;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/// One line on stderr that tells how a training goes: step, loss, FVE, KL, entropy, length, truth, tokens/s, time
/// left. Says nothing when stderr is no terminal: the run's folder has it all.
final class TrainView {
    private static final long BETWEEN_NANOS = 200_000_000L;

    private final Terminal terminal;
    private final PrintStream err;
    private final LongSupplier nanos;
    private long firstStep = -1;
    private long startedAt;
    private long drawnAt;
    private boolean shown;
    /// The newest of each: some are measured at some steps only.
    private final Map<Metric, Double> known = new EnumMap<>(Metric.class);

    TrainView(Terminal terminal, PrintStream err) {
        this(terminal, err, System::nanoTime);
    }

    TrainView(Terminal terminal, PrintStream err, LongSupplier nanos) {
        this.terminal = terminal;
        this.err = err;
        this.nanos = nanos;
    }

    /// Draws a step's values; may be called at every step.
    ///
    /// @param step updates done, also when resumed
    /// @param steps of the whole run
    /// @param values as logged; those of [Metric] that are there are shown
    void show(long step, long steps, Map<String, Double> values) {
        if (!terminal.talks()) {
            return;
        }
        for (Metric metric : Metric.values()) {
            Double value = values.get(metric.key());
            if (value != null) {
                known.put(metric, value);
            }
        }
        long now = nanos.getAsLong();
        if (firstStep < 0) {
            firstStep = step;
            startedAt = now;
        } else if (now - drawnAt < BETWEEN_NANOS && step < steps) {
            return;
        }
        drawnAt = now;
        shown = true;
        String line = line(step, steps, now, false);
        if (line.length() >= terminal.columns()) {
            line = line(step, steps, now, true);
        }
        err.print("\r\u001b[K" + line.substring(0, Math.min(line.length(), terminal.columns() - 1)));
        err.flush();
    }

    /// Ends the line, so that what comes next stands on its own.
    void end() {
        if (shown) {
            err.println();
            shown = false;
        }
    }

    /// @param brief what fits 80 columns: fewer digits, shorter names
    private String line(long step, long steps, long now, boolean brief) {
        String between = brief ? " " : "  ";
        StringBuilder line = new StringBuilder((brief ? "" : "step ") + step + "/" + steps);
        long done = step - firstStep;
        // time left comes early: a narrow terminal cuts the end
        if (done > 0 && step < steps) {
            String left = Terminal.time((now - startedAt) / 1e9 / done * (steps - step));
            line.append(between).append(brief ? left.replace(" ", "") : left).append(brief ? "" : " left");
        }
        known.forEach((metric, value) -> line.append(between)
                .append(brief ? metric.brief() : metric.label())
                .append(' ')
                .append(number(metric, value, brief)));
        return line.toString();
    }

    private static String number(Metric metric, double value, boolean brief) {
        return switch (metric) {
            case LOSS, KL -> String.format(Locale.ROOT, brief ? "%.3f" : "%.4f", value);
            case FVE, ENTROPY, TRUTH -> String.format(Locale.ROOT, brief ? "%.2f" : "%.3f", value);
            case LENGTH -> String.format(Locale.ROOT, brief ? "%.0f" : "%.1f", value);
            case TOKENS_PER_SECOND -> String.format(Locale.ROOT, "%.0f", value);
        };
    }
}
