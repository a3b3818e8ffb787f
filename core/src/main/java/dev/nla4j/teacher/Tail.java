package dev.nla4j.teacher;

import java.util.ArrayList;
import java.util.List;

/// The literal end of a context: its last three to six words, as they stand there.
///
/// Words are what white space separates; the last one may be the beginning of a word only. How many of them are taken
/// follows from their length, so that tails cost about the same number of tokens.
final class Tail {
    static final int FEWEST_WORDS = 3;
    static final int MOST_WORDS = 6;
    /// Units that a tail of more than the fewest words may have.
    private static final int WANTED_UNITS = 32;
    /// Scripts without spaces and runs of symbols are cut inside of a word.
    static final int MOST_UNITS = 64;

    private Tail() {}

    /// The tail of a context: ends with its last character and begins with a word's first one, where words
    /// are short enough. White space at the context's end belongs to it.
    static String of(String text) {
        String context = whole(text);
        int end = context.length();
        int start = end;
        int words = 0;
        while (words < MOST_WORDS) {
            int next = wordStart(context, start);
            if (next < 0 || (words >= FEWEST_WORDS && end - next > WANTED_UNITS)) {
                break;
            }
            start = next;
            words++;
        }
        if (words == 0) {
            start = 0;
        }
        int cut = Math.max(start, end - MOST_UNITS);
        return context.substring(cut > 0 && cut < end && Character.isLowSurrogate(context.charAt(cut)) ? cut + 1 : cut);
    }

    /// A context without the rest of a character that a window may begin with.
    static String whole(String context) {
        int from = 0;
        while (from < context.length() && context.charAt(from) == '\ufffd') {
            from++;
        }
        return context.substring(from);
    }

    /// The words of a text; white space at its end is one of them, as it is what the last token wrote.
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int start = at;
            boolean white = isWhite(text.charAt(at));
            while (at < text.length() && isWhite(text.charAt(at)) == white) {
                at++;
            }
            if (!white || at == text.length()) {
                words.add(text.substring(start, at));
            }
        }
        return words;
    }

    /// Where the last word before `end` begins; -1 when there is none.
    private static int wordStart(String text, int end) {
        int last = end;
        while (last > 0 && isWhite(text.charAt(last - 1))) {
            last--;
        }
        if (last == 0) {
            return -1;
        }
        while (last > 0 && !isWhite(text.charAt(last - 1))) {
            last--;
        }
        return last;
    }

    static boolean isWhite(char c) {
        return Character.isWhitespace(c) || c == '\u00a0';
    }
}
