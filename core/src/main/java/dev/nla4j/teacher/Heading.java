package dev.nla4j.teacher;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Headings by their marks, or by their capitals and where they stand.
final class Heading {
    private static final int FEWEST_PROSE_WORDS = 4;
    private static final Pattern MARKED_HEADING = Pattern.compile("^#{1,6}\\s+.*\\p{L}.*");
    private static final Pattern CHAPTER =
            Pattern.compile("^(?:CHAPTER|Chapter|PART|BOOK)\\s+[\\dIVXLC]+(?:[.:\u2013\u2014-].*)?$");
    /// Tables, formulas, queries and logs are written in capitals too, and so is what is shouted.
    private static final Pattern NO_HEADING =
            Pattern.compile("[|=+*<>/!?,;\"\u201c\u201d\\d]|\\b(?:IS|ARE|BE|SHALL|WILL|I(?!\\.)|YOU|YOUR|ME|MY|WE"
                    + "|NO|NOT|ANY|UNDER|EXTENT|EXCEPT|EXPRESSLY|PERMITTED|HEREBY|HEREIN|THEREOF"
                    + "|WARRANT\\w*|LIABLE|AGREEMENT)\\b");
    private static final int LONGEST_HEADING = 80;
    /// Names, signatures and who speaks are shorter.
    private static final int FEWEST_CAPITALS = 4;
    /// A line of words that are no longer and no function words holds tickers or other short names.
    private static final int LONGEST_TICKER = 5;
    /// Shorter function words are tickers too, but for those that languages are told by: `ALL`, `NOW`.
    private static final int SHORTEST_GRAMMAR = 4;
    /// A line that ends as sentences do and begins as items or quotations do or with a capital, as commands
    /// don't.
    private static final Pattern PROSE = Pattern.compile("\\s*(?:[-*+\u2022>]\\s"
            + "|[*_]*+(?:[\"'\u201c\u201e\u00ab\u2018]\\p{L}|[\u00bf\u00a1]?[\\p{Lu}\\p{Lt}\\p{Lo}\\p{N}]))"
            + ".*[.!?:\u2026\"\u201d)]\\s*");
    private static final Pattern BLANK_LINE = Pattern.compile("\\n[^\\S\\n]*+\\n");
    private static final Pattern LIKE_HEADING = Pattern.compile(
            "^\\s*(?:#|=|\\\\(?:sub)*section|\\\\chapter|<h[1-6]|\u7b2c|CHAPTER|Chapter|PART|BOOK).*|^\\s*[=-]{3,}\\s*$");

    private Heading() {}

    /// A marked one, a chapter's, or one in capitals. What stands before it must be seen: a window may
    /// begin inside of anything.
    static boolean isAtEnd(String end, String line) {
        String before = end.substring(0, end.length() - line.length());
        String visible = before.stripTrailing();
        if (visible.isEmpty()) {
            return false;
        }
        String previous = visible.substring(visible.lastIndexOf('\n') + 1);
        if (MARKED_HEADING.matcher(line).matches()) {
            return !isComment(line, before, previous);
        }
        String bare = line.strip();
        boolean chapter = CHAPTER.matcher(bare).matches() && bare.length() <= LONGEST_HEADING;
        boolean capitals = isCapitals(line)
                && ContextFacts.words(line).size() >= FEWEST_CAPITALS
                && ContextFacts.words(line).stream().anyMatch(Heading::isNoTicker)
                && !(isOfCapitals(previous) && previous.strip().contains(" ")) // but for `IV`, `PREFACE`
                && !NO_HEADING.matcher(line).find();
        return (chapter || capitals) && standsAlone(before);
    }

    private static boolean isNoTicker(String word) {
        return word.length() > LONGEST_TICKER
                || (word.length() >= SHORTEST_GRAMMAR && FunctionWords.contains(word, Optional.of(Language.ENGLISH)))
                || Arrays.stream(Language.values()).anyMatch(language -> language.isToldBy(word));
    }

    /// Programs and settings write remarks behind `#`: a heading follows prose, and no line that may be
    /// theirs. Behind one sign alone there is an empty line between.
    private static boolean isComment(String line, String before, String previous) {
        boolean prose = PROSE.matcher(previous).matches()
                && ContextFacts.words(previous).size() >= FEWEST_PROSE_WORDS;
        long fences =
                before.lines().filter(text -> text.strip().startsWith("```")).count();
        return fences % 2 == 1
                || previous.stripLeading().startsWith("#")
                || previous.strip().matches("[\\w.-]+\\s*[:=].*")
                || (fences == 0 && (before.contains("#!") || before.lines().anyMatch(ContextFacts::isShaped)))
                || !((prose && standsAlone(before)) || line.startsWith("##"));
    }

    private static boolean isCapitals(String line) {
        String bare = line.strip();
        return bare.length() >= 6
                && bare.length() <= LONGEST_HEADING
                && bare.codePoints().filter(Character::isLetter).count() >= 5
                && bare.contains(" ")
                && isOfCapitals(bare);
    }

    /// Whether it has letters, and no small ones.
    private static boolean isOfCapitals(String line) {
        return line.codePoints().anyMatch(Character::isLetter)
                && line.codePoints().filter(Character::isLetter).allMatch(Character::isUpperCase);
    }

    /// Headings of other kinds, and lines that are short and stand alone. Behind a line's end that line
    /// counts.
    static boolean mayBeAtEnd(String end, String line) {
        if (line.isBlank()) {
            List<String> lines = end.lines().filter(text -> !text.isBlank()).toList();
            return !lines.isEmpty() && mayBeLine(lines.getLast());
        }
        String before = end.substring(0, end.length() - line.length());
        boolean alone = standsAlone(before) && line.length() <= LONGEST_HEADING && !line.matches(".*[.!?\u2026].*");
        return alone || mayBeLine(line);
    }

    private static boolean mayBeLine(String line) {
        return LIKE_HEADING.matcher(line).matches() || isCapitals(line);
    }

    /// Something visible, and an empty line behind it.
    private static boolean standsAlone(String before) {
        String visible = before.stripTrailing();
        return !visible.isEmpty()
                && BLANK_LINE.matcher(before.substring(visible.length())).find();
    }
}
