package dev.nla4j.chat.jinja;

/// Python's `str.strip()`, for who has to find again what templates have stripped: Java's `strip` keeps
/// no-break spaces.
public final class PythonStrip {
    private PythonStrip() {}

    /// `text` without the white space at its ends.
    public static String strip(String text) {
        int start = TextSearch.skip(text, 0, true);
        return text.substring(start, Math.max(start, TextSearch.lastNonSpace(text, text.length())));
    }
}
