package dev.nla4j.cli;

import dev.nla4j.format.FormatException;
import dev.nla4j.progress.Progress;
import java.io.PrintStream;

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

    /// Shows progress on stderr.
    Progress progress() {
        return new ProgressLine(live(System.err));
    }

    /// A line on stderr that tells how far work is.
    LiveLine live(PrintStream err) {
        return new LiveLine(this, err, System::nanoTime);
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
}
