package dev.nla4j.cli;

import dev.nla4j.train.Metric;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One line on stderr that tells how a training goes: step, loss, FVE, KL, entropy, length, truth, tokens/s, time
/// left.
final class TrainView {
    private final LiveLine live;
    private long firstStep = -1;
    private long startedAt;
    private @Nullable String unwritten;
    /// The newest of each: some are measured at some steps only.
    private final Map<Metric, Double> known = new EnumMap<>(Metric.class);

    TrainView(LiveLine live) {
        this.live = live;
    }

    /// Draws a step's values; may be called at every step.
    ///
    /// @param step updates done, also when resumed
    /// @param steps of the whole run
    /// @param values as logged; those of [Metric] that are there are shown
    void show(long step, long steps, Map<String, Double> values) {
        for (Metric metric : Metric.values()) {
            Double value = values.get(metric.key());
            if (value != null) {
                known.put(metric, value);
            }
        }
        boolean first = firstStep < 0;
        if (first) {
            firstStep = step;
            startedAt = live.nanos();
        }
        String whole = line(step, steps, false);
        String line = live.isCut(whole) ? line(step, steps, true) : whole;
        boolean written = first || live.isDue() || step == steps;
        unwritten = written ? null : line;
        if (written) {
            live.write(line);
        }
    }

    /// Ends the line, so that what comes next stands on its own.
    void end() {
        if (unwritten != null) {
            live.write(unwritten); // a run that stops early ends here
        }
        live.end();
    }

    /// @param brief what fits 80 columns: fewer digits, shorter names
    private String line(long step, long steps, boolean brief) {
        String between = brief ? " " : "  ";
        StringBuilder line = new StringBuilder((brief ? "" : "step ") + step + "/" + steps);
        long done = step - firstStep;
        // time left comes early: a narrow terminal cuts the end
        if (done > 0 && step < steps) {
            String left = Terminal.time((live.nanos() - startedAt) / 1e9 / done * (steps - step));
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
