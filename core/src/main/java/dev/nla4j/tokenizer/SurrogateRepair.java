package dev.nla4j.tokenizer;

/// Strings that are no valid UTF-16: the native library reads such a string's bytes as another text altogether.
final class SurrogateRepair {
    private SurrogateRepair() {}

    static boolean isWellFormed(String text) {
        return firstLone(text, 0) < 0;
    }

    /// `text` with U+FFFD in place of each lone surrogate; of the same length.
    static String repair(String text) {
        int at = firstLone(text, 0);
        if (at < 0) {
            return text;
        }
        StringBuilder repaired = new StringBuilder(text);
        for (; at >= 0; at = firstLone(text, at + 1)) {
            repaired.setCharAt(at, '\uFFFD');
        }
        return repaired.toString();
    }

    private static int firstLone(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean loneHigh = Character.isHighSurrogate(c)
                    && (i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1)));
            boolean loneLow = Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
            if (loneHigh || loneLow) {
                return i;
            }
        }
        return -1;
    }
}
