package dev.nla4j.chat.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/// `textwrap.wrap` of Python: words to lines of a width, cut at hyphens and dashes where that is wanted.
final class TextWrap {
    private final int width;
    private final boolean breakLongWords;
    private final boolean breakOnHyphens;
    private final Budget budget;

    TextWrap(int width, boolean breakLongWords, boolean breakOnHyphens, Budget budget) {
        this.width = width;
        this.breakLongWords = breakLongWords;
        this.breakOnHyphens = breakOnHyphens;
        this.budget = budget;
    }

    List<String> wrap(String text) {
        if (width <= 0) {
            throw PyError.value("invalid width " + width + " (must be > 0)");
        }
        Deque<int[]> chunks = new ArrayDeque<>(chunks(text.codePoints().toArray()));
        List<String> lines = new ArrayList<>();
        while (!chunks.isEmpty()) {
            if (!lines.isEmpty() && isBlank(chunks.peek())) {
                chunks.pop();
            }
            String line = line(chunks);
            if (!line.isEmpty()) {
                lines.add(line);
            }
        }
        return lines;
    }

    private String line(Deque<int[]> chunks) {
        List<int[]> line = new ArrayList<>();
        int length = 0;
        while (!chunks.isEmpty() && length + chunks.peek().length <= width) {
            length += chunks.peek().length;
            line.add(chunks.pop());
        }
        if (!chunks.isEmpty() && chunks.peek().length > width) {
            cutLongWord(chunks, line, length);
        }
        if (!line.isEmpty() && isBlank(line.getLast())) {
            line.removeLast();
        }
        StringBuilder text = new StringBuilder();
        line.forEach(chunk -> text.append(new String(chunk, 0, chunk.length)));
        return text.toString();
    }

    private void cutLongWord(Deque<int[]> chunks, List<int[]> line, int length) {
        if (!breakLongWords) {
            if (line.isEmpty()) {
                line.add(chunks.pop());
            }
            return;
        }
        int[] word = chunks.pop();
        budget.read(word.length);
        int room = width - length;
        int end = room;
        if (breakOnHyphens) {
            int hyphen = room - 1;
            while (hyphen > 0 && word[hyphen] != '-') {
                hyphen--;
            }
            boolean onlyHyphens = true;
            for (int i = 0; i < hyphen; i++) {
                onlyHyphens &= word[i] == '-';
            }
            end = hyphen > 0 && !onlyHyphens ? hyphen + 1 : end;
        }
        line.add(Arrays.copyOfRange(word, 0, end));
        chunks.push(Arrays.copyOfRange(word, end, word.length));
    }

    private static boolean isBlank(int[] chunk) {
        return Arrays.stream(chunk).allMatch(Characters::isSpace);
    }

    private List<int[]> chunks(int[] text) {
        budget.read(text.length * 4L);
        List<int[]> chunks = new ArrayList<>();
        for (int at = 0; at < text.length; ) {
            int end = isSpace(text, at)
                    ? endOf(text, at, true)
                    : breakOnHyphens ? wordEnd(text, at) : endOf(text, at, false);
            chunks.add(Arrays.copyOfRange(text, at, end));
            at = end;
        }
        budget.items(chunks.size());
        return chunks;
    }

    private static boolean isSpace(int[] text, int at) {
        return text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r');
    }

    private static int endOf(int[] text, int from, boolean space) {
        int at = from;
        while (at < text.length && isSpace(text, at) == space) {
            at++;
        }
        return at;
    }

    /// End of the dash or of the (part of a) word that begins at `start`.
    private static int wordEnd(int[] text, int start) {
        int dashes = dashEnd(text, start);
        if (dashes > start && isBeforeDash(text, start)) {
            return dashes;
        }
        for (int end = start + 1; end < text.length; end++) {
            boolean behindLetters = (isLetter(text, end - 2) && isLetter(text, end - 3))
                    || (isLetter(text, end - 4) && at(text, end - 3) == '-' && isBeforeDash(text, end - 1));
            boolean beforeLetters = isLetter(text, end)
                    && (isLetter(text, end + 1) || (at(text, end + 1) == '-' && isLetter(text, end + 2)));
            boolean hyphenated = text[end - 1] == '-' && behindLetters && beforeLetters;
            if (hyphenated || isSpace(text, end) || (isBeforeDash(text, end) && dashEnd(text, end) > end)) {
                return end;
            }
        }
        return text.length;
    }

    /// End of a run of two dashes or more with a word behind it, or `start`.
    private static int dashEnd(int[] text, int start) {
        int end = start;
        while (at(text, end) == '-') {
            end++;
        }
        return end >= start + 2 && end < text.length && Characters.isWord(text[end]) ? end : start;
    }

    private static int at(int[] text, int place) {
        return place >= 0 && place < text.length ? text[place] : 0;
    }

    private static boolean isLetter(int[] text, int place) {
        int c = at(text, place);
        return c != 0 && c != '_' && Characters.isWord(c) && !Characters.isDecimal(c);
    }

    private static boolean isBeforeDash(int[] text, int place) {
        int c = at(text, place - 1);
        return c != 0 && (Characters.isWord(c) || "!\"'&.,?".indexOf(c) >= 0);
    }
}
