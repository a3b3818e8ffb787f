package dev.nla4j.teacher;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Lists by their items' marks.
final class Listing {
    private static final int LIST_LINES = 5;
    private static final Pattern LIST_ITEM =
            Pattern.compile("^\\s*([-*+\u2022]|\\(?\\d{1,3}[.)])\\s+.*[\\p{L}\\p{N}].*");
    /// Other languages than English begin with a hyphen what somebody says: `- Bonjour, dit-il`.
    private static final Pattern SPOKEN_ITEM = Pattern.compile(
            ".*(?:[!?\u2026]\\s*$|\\s-\\p{L}|[,.!?]\\s[-\u2013\u2014]\\s\\p{Ll}|-(?:t-)?(?:ils?|elles?|on|je)\\b).*");
    /// Subtitles do so in English too: who asks or calls behind a hyphen speaks, unless a line announces a list.
    private static final Pattern CALLED_ITEM = Pattern.compile("\\s*-\\s.*[!?\u2026]\\s*");
    private static final Pattern LIKE_ITEM = Pattern.compile(
            "^\\s*(?:[-*+\u2022\u2013\u2014\u25e6\u25aa\u2023\u2460-\u2473]|\\(?\\w{1,3}[.)\u3001]|[\u4e00-\u9fff]{1,3}\u3001).*");

    private Listing() {}

    /// The line is an item, and one of the last lines before it another of the same kind.
    static boolean isAtEnd(String end, boolean english) {
        List<String> recent = recent(end);
        if (recent.isEmpty() || end.endsWith("\n")) {
            return false;
        }
        Matcher last = LIST_ITEM.matcher(recent.getLast());
        return last.matches()
                && (english ? !isSubtitle(recent) : recent.stream().noneMatch(Listing::isSpokenItem))
                && !isDifference(recent)
                && recent.subList(0, recent.size() - 1).stream()
                        .map(LIST_ITEM::matcher)
                        .anyMatch(item -> item.matches() && sort(item.group(1)) == sort(last.group(1)));
    }

    private static boolean isSubtitle(List<String> lines) {
        return lines.stream().anyMatch(line -> CALLED_ITEM.matcher(line).matches())
                && lines.stream().noneMatch(line -> line.stripTrailing().endsWith(":"));
    }

    private static boolean isSpokenItem(String line) {
        return line.stripLeading().startsWith("-") && SPOKEN_ITEM.matcher(line).matches();
    }

    /// Lines that were taken out and put in, as tools show what has changed.
    private static boolean isDifference(List<String> lines) {
        return lines.stream().anyMatch(line -> line.startsWith("-"))
                && lines.stream().anyMatch(line -> line.startsWith("+"));
    }

    /// Numbers are one sort of mark, each bullet is its own.
    private static int sort(String mark) {
        return mark.length() > 1 ? 0 : mark.charAt(0);
    }

    /// Whether one of the last lines has a mark as items have in any language.
    static boolean mayBeAtEnd(String end) {
        return recent(end).stream().anyMatch(line -> LIKE_ITEM.matcher(line).matches());
    }

    private static List<String> recent(String end) {
        List<String> lines = end.lines().filter(line -> !line.isBlank()).toList();
        return lines.subList(Math.max(0, lines.size() - LIST_LINES), lines.size());
    }
}
