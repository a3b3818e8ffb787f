package dev.nla4j.chat.jinja;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Python's `strftime` in the C locale, for a time without a zone, with the flags, widths and modifiers of
/// the GNU C library.
final class Strftime {
    /// Conversions that know no modifier `E`, and those that know no `O`.
    private static final String WITHOUT_E = "aAbBdDeFgGhHIjklmMSuUVwW";
    private static final String WITHOUT_O = "aAcDFxXY";

    private final LocalDateTime time;
    private final String pattern;
    private final int room;
    private int at;

    private Strftime(LocalDateTime time, String pattern, int room) {
        this.time = time;
        this.pattern = pattern;
        this.room = room;
    }

    static String format(String pattern, LocalDateTime time, Budget budget) {
        // Python gives up, with the empty text, when a buffer of this size is too small.
        long room = 1024;
        while (room < 256L * pattern.codePointCount(0, pattern.length())) {
            room *= 2;
        }
        budget.chars(room);
        String text = new Strftime(time, pattern, (int) room).all();
        return text.codePointCount(0, text.length()) < room ? text : "";
    }

    private String all() {
        StringBuilder out = new StringBuilder();
        while (at < pattern.length() && out.length() < 2L * room) {
            char c = pattern.charAt(at++);
            if (c == '%' && at < pattern.length()) {
                directive(out);
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /// How a directive wants to be shown.
    ///
    /// @param fill what fills up numbers: `_`, `-`, `0`, or 0 for what is usual
    /// @param upper whether letters are made capitals
    /// @param other whether they get the case that is not usual
    private record Style(char fill, boolean upper, boolean other, int width) {
        /// A number, filled up to its usual digits or the wanted width.
        String number(long value, int digits, boolean spaces) {
            String shown = String.valueOf(value);
            int missing = Math.max(0, Math.max(digits, width) - shown.length());
            return switch (fill) {
                case '-' -> shown;
                case '0' -> "0".repeat(missing) + shown;
                case '_' -> " ".repeat(missing) + shown;
                default -> (spaces ? " " : "0").repeat(missing) + shown;
            };
        }

        String name(String name) {
            return upper || other ? TextCase.upper(name) : name;
        }

        String padded(String shown) {
            return (fill == '0' ? "0" : " ").repeat(Math.max(0, width - shown.codePointCount(0, shown.length())))
                    + (upper ? TextCase.upper(shown) : shown);
        }
    }

    /// One directive behind its `%`.
    private void directive(StringBuilder out) {
        int start = at - 1;
        char fill = 0;
        boolean upper = false;
        boolean other = false;
        for (; at < pattern.length() && "-_0^#".indexOf(pattern.charAt(at)) >= 0; at++) {
            switch (pattern.charAt(at)) {
                case '^' -> upper = true;
                case '#' -> other = true;
                default -> fill = pattern.charAt(at);
            }
        }
        int width = 0;
        for (; at < pattern.length() && isDigit(pattern.charAt(at)); at++) {
            width = (int) Math.min(room, width * 10L + (pattern.charAt(at) - '0'));
        }
        Style style = new Style(fill, upper, other, width);
        char modifier = 0;
        if (at < pattern.length() && (pattern.charAt(at) == 'E' || pattern.charAt(at) == 'O')) {
            modifier = pattern.charAt(at++);
        }
        boolean bare = at == start + 1;
        char conversion = at < pattern.length() ? pattern.charAt(at++) : 0;
        String shown = (modifier == 'E' && WITHOUT_E.indexOf(conversion) >= 0)
                        || (modifier == 'O' && WITHOUT_O.indexOf(conversion) >= 0)
                ? null
                : field(conversion, style, bare);
        if (conversion == 'z' && shown != null) {
            return; // of a time without a zone, whatever the width
        }
        if ((conversion == 'p' || conversion == 'P') && shown != null && (other || conversion == 'P')) {
            style = new Style(fill, false, false, width);
        }
        out.append(style.padded(shown == null ? pattern.substring(start, at) : shown));
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /// What a conversion stands for; null where it is none.
    ///
    /// @param bare whether it stands right behind its `%`
    private @Nullable String field(char conversion, Style style, boolean bare) {
        return switch (conversion) {
            case 'a' -> style.name(time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ROOT));
            case 'A' -> style.name(time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
            case 'b', 'h' -> style.name(month().substring(0, 3));
            case 'B' -> style.name(month());
            case 'c' -> expand("%a %b %e %H:%M:%S %Y");
            case 'C' -> style.number(time.getYear() / 100, 2, false);
            case 'd' -> style.number(time.getDayOfMonth(), 2, false);
            case 'D', 'x' -> expand("%m/%d/%y");
            case 'e' -> style.number(time.getDayOfMonth(), 2, true);
            case 'f' -> bare ? style.number(time.getNano() / 1000, 6, false) : null;
            case 'F' -> expand("%Y-%m-%d");
            case 'g' -> style.number(time.get(IsoFields.WEEK_BASED_YEAR) % 100, 2, false);
            case 'G' -> style.number(time.get(IsoFields.WEEK_BASED_YEAR), 1, false);
            case 'H' -> style.number(time.getHour(), 2, false);
            case 'I' -> style.number(time.get(ChronoField.CLOCK_HOUR_OF_AMPM), 2, false);
            case 'j' -> style.number(time.getDayOfYear(), 3, false);
            case 'k' -> style.number(time.getHour(), 2, true);
            case 'l' -> style.number(time.get(ChronoField.CLOCK_HOUR_OF_AMPM), 2, true);
            case 'm' -> style.number(time.getMonthValue(), 2, false);
            case 'M' -> style.number(time.getMinute(), 2, false);
            case 'n' -> "\n";
            case 'p' -> style.other() ? TextCase.lower(half()) : half();
            case 'P' -> TextCase.lower(half());
            case 'r' -> expand("%I:%M:%S %p");
            case 'R' -> expand("%H:%M");
            case 's' -> String.valueOf(time.toEpochSecond(ZoneOffset.UTC));
            case 'S' -> style.number(time.getSecond(), 2, false);
            case 't' -> "\t";
            case 'T', 'X' -> expand("%H:%M:%S");
            case 'u' -> style.number(time.getDayOfWeek().getValue(), 1, false);
            case 'U' -> style.number(week(time.getDayOfWeek().getValue() % 7), 2, false);
            case 'V' -> style.number(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2, false);
            case 'w' -> style.number(time.getDayOfWeek().getValue() % 7, 1, false);
            case 'W' -> style.number(week(time.getDayOfWeek().getValue() - 1), 2, false);
            case 'y' -> style.number(Math.floorMod(time.getYear(), 100), 2, false);
            case 'Y' -> style.number(time.getYear(), 1, false);
            case 'z', 'Z' -> "";
            case '%' -> "%";
            default -> null;
        };
    }

    private String month() {
        return time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
    }

    private String half() {
        return time.getHour() < 12 ? "AM" : "PM";
    }

    /// Number of the week whose first day is `dayOfWeek` days ago.
    private int week(int dayOfWeek) {
        return (time.getDayOfYear() - 1 + 7 - dayOfWeek) / 7;
    }

    /// A pattern of plain directives.
    private String expand(String plain) {
        return new Strftime(time, plain, room).all();
    }
}
