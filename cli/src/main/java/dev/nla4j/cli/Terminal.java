package dev.nla4j.cli;

import dev.nla4j.format.FormatException;
import dev.nla4j.progress.Progress;
import java.io.PrintStream;
import java.util.Locale;

/// What the start script knows of the terminal: width, colour, and whether stderr is one.
record Terminal(int columns, boolean colour, boolean talks) {
    private static final int NARROWEST = 40;
    private static final int WIDEST = 160;
    private static final int USUAL = 100;
    private static final String STDOUT = "nla.stdout.tty";

    /// As the start script found it (`nla.columns`, `nla.stdout.tty`, `nla.stderr.tty`).
    static Terminal current() {
        int columns = Integer.getInteger("nla.columns", USUAL);
        boolean noColour =
                System.getenv("NO_COLOR") != null && !System.getenv("NO_COLOR").isEmpty();
        return new Terminal(
                Math.clamp(columns, NARROWEST, WIDEST),
                Boolean.getBoolean(STDOUT) && !noColour,
                Boolean.getBoolean("nla.stderr.tty"));
    }

    /// Draws progress on stderr, or nothing when nobody looks.
    Progress progress() {
        return talks ? new Bar(System.err, columns) : Progress.NONE;
    }

    /// `text` in bold where colours are wanted.
    String bold(String text) {
        return colour ? "\u001b[1m" + text + "\u001b[0m" : text;
    }

    /// `text` faint where colours are wanted.
    String faint(String text) {
        return colour ? "\u001b[2m" + text + "\u001b[0m" : text;
    }

    /// A model's or a template's text for stdout. Where that is a terminal, what would steer it is shown and not
    /// obeyed; a file or a program gets the text byte for byte.
    static String shown(String text) {
        return Boolean.getBoolean(STDOUT) ? FormatException.escapedLines(text) : text;
    }

    /// A span of time in words: `5 s`, `2 min 3 s`, `1 h 20 min`.
    static String time(double seconds) {
        long s = Math.round(seconds);
        return s < 60
                ? s + " s"
                : s < 3600 ? s / 60 + " min " + s % 60 + " s" : s / 3600 + " h " + s % 3600 / 60 + " min";
    }

    /// One line that is drawn over and over, with speed and time left.
    private static final class Bar implements Progress {
        private static final long BETWEEN_NANOS = 100_000_000L;
        private static final long BEFORE_ETA_NANOS = 2_000_000_000L;

        private final PrintStream err;
        private final int columns;
        private String task = "";
        private long startedAt;
        private long startedWith;
        private long drawnAt;
        private boolean shown;

        Bar(PrintStream err, int columns) {
            this.err = err;
            this.columns = columns;
        }

        @Override
        public synchronized void report(String name, long done, long total, String unit) {
            long now = System.nanoTime();
            if (!name.equals(task)) {
                clear();
                task = name;
                startedAt = now;
                startedWith = done;
                drawnAt = now;
                return;
            }
            if (total >= 0 && done >= total) {
                clear();
                task = "";
            } else if (now - drawnAt >= BETWEEN_NANOS) {
                drawnAt = now;
                shown = true;
                String line = line(done, total, unit, now);
                err.print("\r\u001b[K" + line.substring(0, Math.min(line.length(), columns - 1)));
                err.flush();
            }
        }

        private void clear() {
            if (shown) {
                err.print("\r\u001b[K");
                err.flush();
                shown = false;
            }
        }

        private String line(long done, long total, String unit, long now) {
            double seconds = (now - startedAt) / 1e9;
            double speed = seconds <= 0 ? 0 : (done - startedWith) / seconds;
            String amount = total < 0
                    ? amount(done, unit)
                    : amount(done, unit) + " of " + amount(total, unit) + " (" + (total == 0 ? 100 : 100 * done / total)
                            + " %)";
            String rate = speed <= 0 ? "" : ", " + amount((long) speed, unit) + "/s";
            boolean tellsEta = total >= 0 && speed > 0 && now - startedAt > BEFORE_ETA_NANOS;
            return task + ": " + amount + rate + (tellsEta ? ", " + time((total - done) / speed) + " left" : "");
        }

        private static String amount(long value, String unit) {
            if (!unit.equals("B")) {
                return value + " " + unit;
            }
            return value < 1_000_000
                    ? String.format(Locale.ROOT, "%.0f kB", value / 1e3)
                    : String.format(Locale.ROOT, "%.1f MB", value / 1e6);
        }
    }
}
