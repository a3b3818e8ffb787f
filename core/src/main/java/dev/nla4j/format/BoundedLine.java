package dev.nla4j.format;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Lines of files nobody vouches for: a line that never ends is refused before it fills the memory.
public final class BoundedLine {
    private BoundedLine() {}

    /// The next line without its end (`\n` or `\r\n`), null after the last.
    ///
    /// @param in buffered
    /// @param number of the line, counted from 1, for the error
    /// @param longest most characters
    /// @throws FormatException that names the line when it is longer
    public static @Nullable String read(Reader in, Path file, long number, int longest) throws IOException {
        StringBuilder line = new StringBuilder();
        int c = in.read();
        if (c < 0) {
            return null;
        }
        for (; c >= 0 && c != '\n'; c = in.read()) {
            if (line.length() == longest) {
                throw new FormatException(file, -1, "line " + number, "is longer than " + longest + " characters");
            }
            line.append((char) c);
        }
        int end = line.length() - 1;
        if (end >= 0 && line.charAt(end) == '\r') {
            line.setLength(end);
        }
        return line.toString();
    }
}
