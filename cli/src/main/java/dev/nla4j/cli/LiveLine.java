package dev.nla4j.cli;

import java.io.PrintStream;
import java.util.function.LongSupplier;

/// A line on stderr that tells how far work is. A terminal's is written over again and again; a log gets a line of its
/// own each minute, so that whoever reads it later or follows it from afar sees as much.
final class LiveLine {
    private static final long DRAWN_NANOS = 200_000_000L;
    private static final long LOGGED_NANOS = 60_000_000_000L;
    private static final String START_OVER = "\r\u001b[K";

    private final Terminal terminal;
    private final PrintStream err;
    private final LongSupplier nanos;
    private long writtenAt;
    private boolean drawn;

    LiveLine(Terminal terminal, PrintStream err, LongSupplier nanos) {
        this.terminal = terminal;
        this.err = err;
        this.nanos = nanos;
    }

    long nanos() {
        return nanos.getAsLong();
    }

    /// Counts the time to the next line from now on.
    void restart() {
        writtenAt = nanos();
    }

    boolean isDue() {
        return nanos() - writtenAt >= (terminal.talks() ? DRAWN_NANOS : LOGGED_NANOS);
    }

    /// Whether so long a line is cut off.
    boolean isCut(String line) {
        return terminal.talks() && line.length() >= terminal.columns();
    }

    void write(String line) {
        restart();
        if (terminal.talks()) {
            err.print(START_OVER + line.substring(0, Math.min(line.length(), terminal.columns() - 1)));
            err.flush();
            drawn = true;
        } else {
            err.println(line);
        }
    }

    /// Takes the line away.
    void clear() {
        if (drawn) {
            err.print(START_OVER);
            err.flush();
            drawn = false;
        }
    }

    /// Leaves the line as it is, so that what comes next stands below it.
    void end() {
        if (drawn) {
            err.println();
            drawn = false;
        }
    }
}
