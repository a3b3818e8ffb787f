package dev.nla4j.chat.jinja;

import java.util.Locale;
import java.util.function.IntPredicate;

/// Upper, lower and title case as Python has them.
final class TextCase {
    private static final char SIGMA = 'Σ';

    private TextCase() {}

    static String upper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }

    static String lower(String text) {
        if (text.indexOf(SIGMA) < 0) {
            return text.toLowerCase(Locale.ROOT);
        }
        StringBuilder out = new StringBuilder(text.length());
        for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
            out.append(lower(text, at));
        }
        return out.toString();
    }

    /// One character of a text in lower case. A capital sigma at a word's end becomes another letter than
    /// elsewhere; Java ends words at other places than Python.
    private static String lower(String text, int at) {
        int c = text.codePointAt(at);
        if (c != SIGMA) {
            return Character.toString(c).toLowerCase(Locale.ROOT);
        }
        int before = at;
        while (before > 0 && Characters.isCaseIgnorable(text.codePointBefore(before))) {
            before -= Character.charCount(text.codePointBefore(before));
        }
        int behind = at + 1;
        while (behind < text.length() && Characters.isCaseIgnorable(text.codePointAt(behind))) {
            behind += Character.charCount(text.codePointAt(behind));
        }
        boolean isLast = before > 0
                && isCased(text.codePointBefore(before))
                && !(behind < text.length() && isCased(text.codePointAt(behind)));
        return isLast ? "ς" : "σ";
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.codePointAt(0);
        // a first sigma is never a last one, so that the rest begins behind what becomes of one letter
        return title(first)
                + lower(text).substring(lower(Character.toString(first)).length());
    }

    /// Every run of letters with its first one in title case, the others in lower case.
    static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inWord = false;
        for (int at = 0; at < text.length(); ) {
            int c = text.codePointAt(at);
            out.append(inWord ? lower(text, at) : title(c));
            inWord = isCased(c);
            at += Character.charCount(c);
        }
        return out.toString();
    }

    private static String title(int c) {
        int simple = Character.toTitleCase(c);
        String upper = upper(Character.toString(c));
        if (simple != c || upper.codePointCount(0, upper.length()) == 1) {
            return Character.toString(simple);
        }
        // a letter such as ß, whose upper case is several letters: the first of them stays upper
        StringBuilder out = new StringBuilder();
        boolean done = false;
        for (int part : upper.codePoints().toArray()) {
            out.append(done ? lower(Character.toString(part)) : Character.toString(part));
            done = done || isCased(part);
        }
        return out.toString();
    }

    static String swap(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int at = 0; at < text.length(); ) {
            int c = text.codePointAt(at);
            String one = Character.toString(c);
            out.append(Character.isUpperCase(c) ? lower(text, at) : Character.isLowerCase(c) ? upper(one) : one);
            at += one.length();
        }
        return out.toString();
    }

    /// A form in which texts that differ in case only are equal.
    static String fold(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> out.append(lower(upper(Character.toString(c)))));
        return out.toString();
    }

    static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    static boolean isUpper(String text) {
        return isOneCase(text, Character::isUpperCase);
    }

    static boolean isLower(String text) {
        return isOneCase(text, Character::isLowerCase);
    }

    private static boolean isOneCase(String text, IntPredicate wanted) {
        return text.codePoints().anyMatch(wanted) && text.codePoints().noneMatch(c -> isCased(c) && !wanted.test(c));
    }

    static boolean isTitle(String text) {
        boolean inWord = false;
        boolean any = false;
        for (int c : text.codePoints().toArray()) {
            boolean large = Character.isUpperCase(c) || Character.isTitleCase(c);
            if (large == inWord && isCased(c)) {
                return false;
            }
            inWord = isCased(c);
            any = any || inWord;
        }
        return any;
    }
}
