package dev.nla4j.chat.jinja;

import java.util.function.Function;

/// The escapes of a string literal, as Python's `unicode-escape` reads them.
final class Escapes {
    private final String text;
    private final StringBuilder out = new StringBuilder();
    private int at;

    Escapes(String text) {
        this.text = text;
    }

    String decode(Function<String, PyError> failure) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '\\') {
                escape(failure);
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private void escape(Function<String, PyError> failure) {
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        switch (c) {
            case '\n' -> {}
            case '\\', '\'', '"' -> out.append((char) c);
            case 'a' -> out.append('\u0007');
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'v' -> out.append('\u000b');
            case 'x' -> hex(2, failure);
            case 'u' -> hex(4, failure);
            case 'U' -> hex(8, failure);
            case 'N' -> named(failure);
            case '0', '1', '2', '3', '4', '5', '6', '7' -> octal(c - '0');
            default ->
                // Jinja spells what is beyond ASCII with escapes first, and an escaped backslash keeps that spelling
                out.append('\\')
                        .append(
                                c < 0x80
                                        ? Character.toString(c)
                                        : Printer.escaped(c).substring(1));
        }
    }

    private void octal(int first) {
        int value = first;
        for (int i = 0; i < 2 && at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '7'; i++) {
            value = value * 8 + text.charAt(at++) - '0';
        }
        out.append((char) value);
    }

    private void hex(int digits, Function<String, PyError> failure) {
        long value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = at < text.length() && text.charAt(at) < 0x80 ? Character.digit(text.charAt(at), 16) : -1;
            if (digit < 0) {
                throw failure.apply("truncated escape of " + digits + " hexadecimal digits in a string");
            }
            value = value * 16 + digit;
            at++;
        }
        if (value > Character.MAX_CODE_POINT) {
            throw failure.apply("illegal Unicode character in a string");
        }
        out.appendCodePoint((int) value);
    }

    private void named(Function<String, PyError> failure) {
        int end = text.startsWith("{", at) ? text.indexOf('}', at) : -1;
        if (end < 0) {
            throw failure.apply("malformed \\N character escape");
        }
        try {
            out.appendCodePoint(Character.codePointOf(text.substring(at + 1, end)));
        } catch (IllegalArgumentException e) {
            throw failure.apply("unknown Unicode character name");
        }
        at = end + 1;
    }
}
