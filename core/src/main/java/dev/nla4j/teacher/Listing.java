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
    /// Subtitles do so in English too: who asks or calls behind a hyphen, speaks of persons first or answers
    /// speaks, unless a line announces a list.
    private static final Pattern CALLED_ITEM =
            Pattern.compile("\\s*-\\s(?:.*[!?\u2026]\\s*|(?:I|You|We|He|She|They)(?:['\u2019]\\p{L}+)?\\s.*"
                    + "|(?:Yes|No|Oh|Well)[,.].*)");
    /// A name alone, as quotations and letters are signed.
    private static final Pattern SIGNATURE =
            Pattern.compile("\\s*-(?:,?\\s+\\p{Lu}[\\p{L}\\p{M}.'\u2019-]*+){1,5}\\s*");
    private static final Pattern QUOTED = Pattern.compile(".*[\"\u201d\u00bb]\\s*");
    /// Of a patch: a place in a file, or a sign with a line's text right behind it, or its indentation.
    private static final Pattern CHANGED = Pattern.compile("@@ |[+-](?:[^\\s+-]| {4}|\\t)");
    /// Comments have their stars one column behind where they are indented.
    private static final Pattern COMMENTED = Pattern.compile("(?:\\t| {2})*+ \\*(?:\\s|$)");
    /// A line that ends inside of a sentence.
    private static final Pattern UNFINISHED = Pattern.compile(".*[\\p{L},]\\s*");
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
                && (isBullet(last.group(1)) || !isWrapped(end))
                && !(last.group(1).equals("*") && isComment(end))
                && !isOther(recent, english)
                && recent.subList(0, recent.size() - 1).stream()
                        .map(LIST_ITEM::matcher)
                        .anyMatch(item -> item.matches() && follows(last.group(1), item.group(1)));
    }

    /// What has items' marks and is no list: a signature, speech, or lines that a patch takes out and puts
    /// in.
    private static boolean isOther(List<String> lines, boolean english) {
        return isSignature(lines)
                || isSubtitle(lines)
                || (!english && lines.stream().anyMatch(Listing::isSpokenItem))
                || isChanged(lines)
                || (lines.stream().anyMatch(line -> line.startsWith("-"))
                        && lines.stream().anyMatch(line -> line.startsWith("+")));
    }

    /// A comment of a program: its bounds are seen, or all its lines have stars, but for a first one that may
    /// be cut and announces no list.
    private static boolean isComment(String end) {
        List<String> lines = end.lines().filter(line -> !line.isBlank()).toList();
        return end.contains("/*")
                || end.contains("*/")
                || (!announces(lines.getFirst())
                        && lines.subList(1, lines.size()).stream()
                                .allMatch(line -> COMMENTED.matcher(line).lookingAt()));
    }

    private static boolean announces(String line) {
        return line.stripTrailing().endsWith(":") && !COMMENTED.matcher(line).lookingAt();
    }

    /// Items that are announced may have a tab behind their hyphen.
    private static boolean isChanged(List<String> lines) {
        boolean announced = lines.stream().anyMatch(Listing::announces);
        return lines.stream()
                .filter(line -> !(announced && line.startsWith("-\t")))
                .anyMatch(line -> CHANGED.matcher(line).lookingAt());
    }

    private static boolean isSubtitle(List<String> lines) {
        return lines.stream().anyMatch(line -> CALLED_ITEM.matcher(line).matches())
                && lines.stream().noneMatch(line -> line.stripTrailing().endsWith(":"));
    }

    private static boolean isSpokenItem(String line) {
        return line.stripLeading().startsWith("-") && SPOKEN_ITEM.matcher(line).matches();
    }

    /// A name behind a line that is no item and announces none.
    private static boolean isSignature(List<String> lines) {
        if (lines.size() < 2 || !SIGNATURE.matcher(lines.getLast()).matches()) {
            return false;
        }
        String before = lines.get(lines.size() - 2);
        boolean item =
                LIST_ITEM.matcher(before).matches() || before.stripTrailing().endsWith(":");
        return !item || QUOTED.matcher(before).matches();
    }

    /// Dates and numbers of paragraphs may stand where a line of prose begins: the line before the first of
    /// them goes on there. A list that is seen from its first item is none of these.
    private static boolean isWrapped(String end) {
        String before = "";
        for (String line : end.lines().toList()) {
            Matcher item = LIST_ITEM.matcher(line);
            if (item.matches() && !isBullet(item.group(1))) {
                return number(item.group(1)) > 1 && UNFINISHED.matcher(before).matches();
            }
            before = line;
        }
        return false;
    }

    /// Bullets stay the same, and numbers too or they rise by one.
    private static boolean follows(String mark, String before) {
        if (isBullet(mark) || isBullet(before)) {
            return mark.equals(before);
        }
        int step = number(mark) - number(before);
        return step == 0 || step == 1;
    }

    private static boolean isBullet(String mark) {
        return mark.length() == 1;
    }

    private static int number(String mark) {
        return Integer.parseInt(mark.replaceAll("\\D", ""));
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
