package dev.nla4j.chat.jinja;

import org.jspecify.annotations.Nullable;

/// A string, indexed by code points as in Python. `markup` strings count as HTML that needs no further escaping.
final class PyText implements Value {
    static final PyText EMPTY = new PyText("", false);

    private final String chars;
    private final boolean markup;
    private int length = -1;

    private PyText(String chars, boolean markup) {
        this.chars = chars;
        this.markup = markup;
    }

    static PyText of(String chars) {
        return new PyText(chars, false);
    }

    static PyText markup(String chars) {
        return new PyText(chars, true);
    }

    /// `other` with this string's kind.
    PyText like(String other) {
        return new PyText(other, markup);
    }

    String chars() {
        return chars;
    }

    boolean isMarkup() {
        return markup;
    }

    /// Number of code points.
    int length() {
        if (length < 0) {
            length = chars.codePointCount(0, chars.length());
        }
        return length;
    }

    /// Place in [#chars] of the code point at `index`, which is in 0..length.
    int offset(int index) {
        return length() == chars.length() ? index : chars.offsetByCodePoints(0, index);
    }

    /// The code points from `start` to `end`, both in 0..length and in order.
    PyText slice(int start, int end) {
        int from = offset(start);
        int to = length() == chars.length() ? end : chars.offsetByCodePoints(from, end - start);
        return like(chars.substring(from, to));
    }

    @Override
    public String typeName() {
        return markup ? "Markup" : "str";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PyText text && text.chars.equals(chars);
    }

    @Override
    public int hashCode() {
        return chars.hashCode();
    }

    @Override
    public String toString() {
        return chars;
    }
}
