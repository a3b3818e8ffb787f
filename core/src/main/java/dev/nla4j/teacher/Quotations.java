package dev.nla4j.teacher;

import java.util.regex.Pattern;

/// Quotations as explanations have them.
public final class Quotations {
    /// Double marks as the grounded teacher writes them, escapes between them; single and curly ones as who
    /// rewords it may write. The marks are one unit each.
    public static final Pattern MARKED = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*+\""
            + "|(?<![\\p{L}\\p{N}])'[^\\n]{0,200}?'(?=\\s*(?:[,.;]|$))"
            + "|\u201c[^\u201d\\n]*\u201d");

    private Quotations() {}

    /// A quotation without its marks; any other text as it is.
    public static String unmarked(String text) {
        return MARKED.matcher(text).matches() ? text.substring(1, text.length() - 1) : text;
    }
}
