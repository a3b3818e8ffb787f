package dev.nla4j.chat.jinja;

/// Python's `str.strip()`, for who has to find again what templates have stripped: Java's `strip` keeps
/// no-break spaces.
public final class PythonStrip {
    private PythonStrip() {}

    /// `text` without the white space at its ends.
    public static String strip(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && Characters.isSpace(text.charAt(start))) {
            start++;
        }
        while (start < end && Characters.isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(start, end);
    }
}
