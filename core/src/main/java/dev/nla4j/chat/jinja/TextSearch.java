package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.List;

/// Finding, replacing and splitting, in time proportional to the text whatever the text and the pattern are.
final class TextSearch {
    /// Up to here the naive search of the JDK, whose worst case is this many times the length, is the fastest.
    private static final int SHORT_PATTERN = 32;

    private TextSearch() {}

    /// Like [String#indexOf(String, int)].
    static int indexOf(String text, String pattern, int from, Budget budget) {
        budget.read(pattern.length());
        int found = pattern.length() <= SHORT_PATTERN
                ? text.indexOf(pattern, from)
                : linearIndexOf(text, pattern, from, budget);
        budget.read((found < 0 ? text.length() : found) - (long) Math.min(from, text.length()));
        return found;
    }

    private static int linearIndexOf(String text, String pattern, int from, Budget budget) {
        if (text.length() - from < pattern.length()) {
            return -1;
        }
        budget.chars(pattern.length());
        int[] fallback = new int[pattern.length()];
        for (int i = 1, matched = 0; i < pattern.length(); i++) {
            while (matched > 0 && pattern.charAt(i) != pattern.charAt(matched)) {
                matched = fallback[matched - 1];
            }
            if (pattern.charAt(i) == pattern.charAt(matched)) {
                matched++;
            }
            fallback[i] = matched;
        }
        for (int i = from, matched = 0; i < text.length(); i++) {
            while (matched > 0 && text.charAt(i) != pattern.charAt(matched)) {
                matched = fallback[matched - 1];
            }
            if (text.charAt(i) == pattern.charAt(matched)) {
                matched++;
            }
            if (matched == pattern.length()) {
                return i - matched + 1;
            }
        }
        return -1;
    }

    static int lastIndexOf(String text, String pattern, Budget budget) {
        if (pattern.length() <= SHORT_PATTERN) {
            budget.read(text.length());
            return text.lastIndexOf(pattern);
        }
        int found = indexOf(reversed(text, budget), reversed(pattern, budget), 0, budget);
        return found < 0 ? -1 : text.length() - found - pattern.length();
    }

    /// Number of matches that don't overlap; the empty pattern matches between all code points.
    static int count(String text, String pattern, Budget budget) {
        if (pattern.isEmpty()) {
            budget.read(text.length());
            return text.codePointCount(0, text.length()) + 1;
        }
        int count = 0;
        for (int at = indexOf(text, pattern, 0, budget); at >= 0; ) {
            count++;
            at = indexOf(text, pattern, at + pattern.length(), budget);
        }
        return count;
    }

    /// @param limit how many to replace at most; negative for all
    static String replace(String text, String old, String replacement, int limit, Budget budget) {
        if (limit == 0) {
            return text;
        }
        if (old.isEmpty()) {
            return interleave(text, replacement, limit, budget);
        }
        StringBuilder out = new StringBuilder();
        int from = 0;
        int left = limit;
        for (int at = indexOf(text, old, 0, budget); at >= 0 && left != 0; left--) {
            long more = at - from + (long) replacement.length();
            budget.grown(out.length() + more, more);
            out.append(text, from, at).append(replacement);
            from = at + old.length();
            at = indexOf(text, old, from, budget);
        }
        if (from == 0) {
            return text;
        }
        budget.chars(out.length() + (long) text.length() - from);
        return out.append(text, from, text.length()).toString();
    }

    private static String interleave(String text, String replacement, int limit, Budget budget) {
        StringBuilder out = new StringBuilder();
        int left = limit;
        for (int at = 0; at < text.length(); ) {
            int end = text.offsetByCodePoints(at, 1);
            if (left != 0) {
                budget.grown(out.length() + (long) replacement.length(), replacement.length());
                out.append(replacement);
                left--;
            }
            budget.step();
            out.append(text, at, end);
            at = end;
        }
        budget.chars(out.length() + (long) replacement.length());
        return left != 0 ? out.append(replacement).toString() : out.toString();
    }

    /// @param limit how many splits at most; negative for all
    static List<String> split(String text, String separator, int limit, Budget budget) {
        if (separator.isEmpty()) {
            throw PyError.value("empty separator");
        }
        List<String> parts = new ArrayList<>();
        int from = 0;
        int left = limit;
        while (left != 0) {
            int at = indexOf(text, separator, from, budget);
            if (at < 0) {
                break;
            }
            parts.add(text.substring(from, at));
            from = at + separator.length();
            left--;
        }
        parts.add(text.substring(from));
        budget.read(text.length());
        return parts;
    }

    /// [#split] from the end.
    static List<String> splitLast(String text, String separator, int limit, Budget budget) {
        String backwards = reversed(text, budget);
        return split(backwards, reversed(separator, budget), limit, budget).reversed().stream()
                .map(part -> reversed(part, budget))
                .toList();
    }

    private static String reversed(String text, Budget budget) {
        budget.chars(text.length());
        return new StringBuilder(text).reverse().toString();
    }

    /// Splits at runs of white space, none at the ends.
    static List<String> words(String text, int limit, Budget budget) {
        budget.read(text.length());
        List<String> words = new ArrayList<>();
        int at = skip(text, 0, true);
        int left = limit;
        while (at < text.length()) {
            if (left-- == 0) {
                words.add(text.substring(at));
                break;
            }
            int end = skip(text, at, false);
            words.add(text.substring(at, end));
            at = skip(text, end, true);
        }
        budget.items(words.size());
        return words;
    }

    /// [#words] from the end.
    static List<String> wordsFromEnd(String text, int limit, Budget budget) {
        budget.read(text.length());
        List<String> words = new ArrayList<>();
        int end = lastNonSpace(text, text.length());
        int left = limit;
        while (end > 0) {
            if (left-- == 0) {
                words.add(text.substring(0, end));
                break;
            }
            int start = end;
            while (start > 0 && !Characters.isSpace(text.codePointBefore(start))) {
                start = text.offsetByCodePoints(start, -1);
            }
            words.add(text.substring(start, end));
            end = lastNonSpace(text, start);
        }
        budget.items(words.size());
        return words.reversed();
    }

    /// Passes over white space, or over what isn't.
    static int skip(String text, int from, boolean space) {
        int at = from;
        while (at < text.length() && Characters.isSpace(text.codePointAt(at)) == space) {
            at = text.offsetByCodePoints(at, 1);
        }
        return at;
    }

    /// End of what is left of `text` before `end` without white space at its end.
    static int lastNonSpace(String text, int end) {
        int at = end;
        while (at > 0 && Characters.isSpace(text.codePointBefore(at))) {
            at = text.offsetByCodePoints(at, -1);
        }
        return at;
    }

    /// The lines, as `splitlines`.
    static List<String> lines(String text, boolean keepEnds, Budget budget) {
        budget.read(text.length());
        List<String> lines = new ArrayList<>();
        int start = 0;
        for (int at = 0; at < text.length(); at++) {
            if (Characters.isLineBreak(text.charAt(at))) {
                int next = text.startsWith("\r\n", at) ? at + 2 : at + 1;
                lines.add(text.substring(start, keepEnds ? next : at));
                start = next;
                at = next - 1;
            }
        }
        if (start < text.length()) {
            lines.add(text.substring(start));
        }
        budget.items(lines.size());
        return lines;
    }
}
