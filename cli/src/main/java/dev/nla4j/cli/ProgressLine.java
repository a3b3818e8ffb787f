package dev.nla4j.cli;

import dev.nla4j.progress.Progress;
import java.util.Locale;

/// How far work is, with its speed and the time left, on a [LiveLine]. Work that ends before the first line is due is
/// not shown.
final class ProgressLine implements Progress {
    private static final long BEFORE_ETA_NANOS = 2_000_000_000L;
    private static final double SLOWEST_SHOWN = 0.05;
    private static final String BYTES = "B";

    private final LiveLine live;
    private String task = "";
    private long startedAt;
    private long startedWith;

    ProgressLine(LiveLine live) {
        this.live = live;
    }

    @Override
    public synchronized void report(String name, long done, long total, String unit) {
        if (!name.equals(task)) {
            live.clear();
            live.restart();
            task = name;
            startedAt = live.nanos();
            startedWith = done;
        } else if (total >= 0 && done >= total) {
            live.clear();
            task = "";
        } else if (live.isDue()) {
            live.write(line(done, total, unit));
        }
    }

    private String line(long done, long total, String unit) {
        double seconds = (live.nanos() - startedAt) / 1e9;
        double speed = seconds <= 0 ? 0 : (done - startedWith) / seconds;
        String amount = total < 0
                ? amount(done, unit)
                : (unit.equals(BYTES) ? amount(done, unit) : done) + " of " + amount(total, unit) + " ("
                        + (total == 0 ? 100 : 100 * done / total) + " %)";
        String rate = speed < SLOWEST_SHOWN ? "" : ", " + rate(speed, unit) + "/s";
        boolean tellsEta = total >= 0 && speed > 0 && live.nanos() - startedAt > BEFORE_ETA_NANOS;
        return task + ": " + amount + rate + (tellsEta ? ", " + Terminal.time((total - done) / speed) + " left" : "");
    }

    private static String rate(double speed, String unit) {
        return unit.equals(BYTES) || speed >= 10
                ? amount((long) speed, unit)
                : String.format(Locale.ROOT, "%.1f %s", speed, unit);
    }

    private static String amount(long value, String unit) {
        if (!unit.equals(BYTES)) {
            return value + " " + unit;
        }
        return value < 1_000_000
                ? String.format(Locale.ROOT, "%.0f kB", value / 1e3)
                : String.format(Locale.ROOT, "%.1f MB", value / 1e6);
    }
}
