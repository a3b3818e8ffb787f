package dev.nla4j.chat.jinja;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/// Python's `strftime` in the C locale, for a time without a zone.
final class Strftime {
    private final LocalDateTime time;

    private Strftime(LocalDateTime time) {
        this.time = time;
    }

    static String format(String pattern, LocalDateTime time, Budget budget) {
        budget.chars(pattern.length() * 32L);
        Strftime strftime = new Strftime(time);
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < pattern.length(); ) {
            char c = pattern.charAt(at++);
            if (c != '%' || at == pattern.length()) {
                out.append(c);
                continue;
            }
            int start = at - 1;
            char flag = "-_0^#".indexOf(pattern.charAt(at)) >= 0 ? pattern.charAt(at++) : 0;
            String shown = at < pattern.length() ? strftime.field(pattern.charAt(at), flag) : null;
            if (shown == null) {
                out.append(pattern, start, Math.min(at + 1, pattern.length()));
            } else {
                out.append(flag == '^' ? TextCase.upper(shown) : shown);
            }
            at++;
        }
        return out.toString();
    }

    private @org.jspecify.annotations.Nullable String field(char directive, char flag) {
        return switch (directive) {
            case 'a' -> time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ROOT);
            case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'b', 'h' -> month().substring(0, 3);
            case 'B' -> month();
            case 'c' -> expand("%a %b %e %H:%M:%S %Y");
            case 'C' -> padded(time.getYear() / 100, 2, '0', flag);
            case 'd' -> padded(time.getDayOfMonth(), 2, '0', flag);
            case 'D', 'x' -> expand("%m/%d/%y");
            case 'e' -> padded(time.getDayOfMonth(), 2, ' ', flag);
            case 'f' -> padded(time.getNano() / 1000, 6, '0', (char) 0);
            case 'F' -> expand("%Y-%m-%d");
            case 'g' -> padded(time.get(IsoFields.WEEK_BASED_YEAR) % 100, 2, '0', flag);
            case 'G' -> String.valueOf(time.get(IsoFields.WEEK_BASED_YEAR));
            case 'H' -> padded(time.getHour(), 2, '0', flag);
            case 'I' -> padded(time.get(ChronoField.CLOCK_HOUR_OF_AMPM), 2, '0', flag);
            case 'j' -> padded(time.getDayOfYear(), 3, '0', flag);
            case 'k' -> padded(time.getHour(), 2, ' ', flag);
            case 'l' -> padded(time.get(ChronoField.CLOCK_HOUR_OF_AMPM), 2, ' ', flag);
            case 'm' -> padded(time.getMonthValue(), 2, '0', flag);
            case 'M' -> padded(time.getMinute(), 2, '0', flag);
            case 'n' -> "\n";
            case 'p' -> flag == '#' ? TextCase.lower(half()) : half();
            case 'P' -> TextCase.lower(half());
            case 'r' -> expand("%I:%M:%S %p");
            case 'R' -> expand("%H:%M");
            case 's' -> String.valueOf(time.toEpochSecond(ZoneOffset.UTC));
            case 'S' -> padded(time.getSecond(), 2, '0', flag);
            case 't' -> "\t";
            case 'T', 'X' -> expand("%H:%M:%S");
            case 'u' -> String.valueOf(time.getDayOfWeek().getValue());
            case 'U' -> padded(week(time.getDayOfWeek().getValue() % 7), 2, '0', flag);
            case 'V' -> padded(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2, '0', flag);
            case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
            case 'W' -> padded(week(time.getDayOfWeek().getValue() - 1), 2, '0', flag);
            case 'y' -> padded(Math.floorMod(time.getYear(), 100), 2, '0', flag);
            case 'Y' -> String.valueOf(time.getYear());
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

    private String expand(String pattern) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            out.append(pattern.charAt(i) == '%' ? field(pattern.charAt(++i), (char) 0) : pattern.charAt(i));
        }
        return out.toString();
    }

    private static String padded(int number, int width, char usual, char flag) {
        char fill = flag == '_' ? ' ' : flag == '0' ? '0' : usual;
        String digits = String.valueOf(number);
        return flag == '-' ? digits : String.valueOf(fill).repeat(Math.max(0, width - digits.length())) + digits;
    }
}
