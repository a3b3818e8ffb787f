package dev.nla4j.format;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A file whose bytes break its format. The message names file, offset and field, what was found and what was expected,
/// on one line: control characters of hostile names are escaped and long ones cut.
public final class FormatException extends InputException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST_PART = 300;

    /// @param offset byte offset in the file, or -1 when no single offset is to blame
    public FormatException(Path file, long offset, String field, String problem) {
        this(file, offset, field, problem, null);
    }

    public FormatException(Path file, long offset, String field, String problem, @Nullable Throwable cause) {
        super(message(file.toString(), offset, field, problem), cause);
    }

    private static String message(String file, long offset, String field, String problem) {
        String where = offset < 0 ? "" : " at byte " + offset;
        return escaped(file) + where + ": " + printable(field) + ": " + printable(problem);
    }

    /// `text` fit for one line of an error: control characters escaped, at most a few hundred characters.
    public static String printable(String text) {
        return printable(text, LONGEST_PART);
    }

    /// As above with another limit.
    public static String printable(String text, int longest) {
        return beginning(text, longest) + (text.codePointCount(0, text.length()) > longest ? "…" : "");
    }

    /// The first `longest` characters of `text`, escaped: no escape is cut.
    public static String beginning(String text, int longest) {
        boolean isLong = text.codePointCount(0, text.length()) > longest;
        return escaped(isLong ? text.substring(0, text.offsetByCodePoints(0, longest)) : text);
    }

    /// `text` with every character escaped that could steer a terminal or pretend to be another line.
    public static String escaped(String text) {
        return escaped(text, "");
    }

    /// [#escaped] of a text that has lines: their ends and tabs stay.
    public static String escapedLines(String text) {
        return escaped(text, "\n\t");
    }

    private static String escaped(String text, String kept) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (kept.indexOf(c) >= 0) {
                out.appendCodePoint(c);
            } else if (Character.isISOControl(c)
                    || Character.getType(c) == Character.FORMAT
                    || c == 0x2028
                    || c == 0x2029) {
                out.append(String.format("\\u%04x", c));
            } else {
                out.appendCodePoint(c);
            }
        });
        return out.toString();
    }
}
