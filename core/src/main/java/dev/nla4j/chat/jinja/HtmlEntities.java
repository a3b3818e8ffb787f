package dev.nla4j.chat.jinja;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/// Character references of HTML (`&amp;`, `&#38;`) back to characters, as `html.unescape` of Python.
final class HtmlEntities {
    /// A name is at most this long; what follows is text.
    private static final int LONGEST_NAME = 32;
    private static final String WINDOWS_1252 =
            "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152"
                    + "\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

    /// Read when first needed: few templates do.
    private static final class Names {
        static final Map<String, String> BY_NAME = load();

        private static Map<String, String> load() {
            try (InputStream in = HtmlEntities.class.getResourceAsStream("html-entities.txt")) {
                if (in == null) {
                    throw new IllegalStateException("html-entities.txt is missing from the jar");
                }
                Map<String, String> names = new HashMap<>();
                new String(in.readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .filter(line -> !line.startsWith("#"))
                        .map(line -> line.split(" "))
                        .forEach(parts -> {
                            StringBuilder value = new StringBuilder();
                            for (int i = 1; i < parts.length; i++) {
                                value.appendCodePoint(Integer.parseInt(parts[i], 16));
                            }
                            names.put(parts[0], value.toString());
                        });
                return names;
            } catch (IOException e) {
                throw new IllegalStateException("html-entities.txt can't be read from the jar", e);
            }
        }
    }

    private HtmlEntities() {}

    static String unescape(String text, Budget budget) {
        budget.read(text.length() * 4L);
        StringBuilder out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            int start = text.indexOf('&', at);
            if (start < 0) {
                break;
            }
            out.append(text, at, start);
            int end = text.startsWith("#", start + 1) ? numberEnd(text, start + 2) : nameEnd(text, start + 1);
            String reference = text.substring(start + 1, end);
            if (reference.isEmpty()) {
                out.append('&');
            } else {
                out.append(reference.startsWith("#") ? number(reference) : name(reference));
            }
            at = end;
        }
        out.append(text, at, text.length());
        return out.toString();
    }

    /// End of `#123;`, or the place of the `#` when no digits follow.
    private static int numberEnd(String text, int start) {
        boolean hex = start < text.length() && (text.charAt(start) == 'x' || text.charAt(start) == 'X');
        int first = hex ? start + 1 : start;
        int end = first;
        while (end < text.length()
                && text.charAt(end) < 0x80
                && Character.digit(text.charAt(end), hex ? 16 : 10) >= 0) {
            end++;
        }
        if (end == first) {
            return start - 1;
        }
        return end < text.length() && text.charAt(end) == ';' ? end + 1 : end;
    }

    private static int nameEnd(String text, int start) {
        int end = start;
        int points = 0;
        while (end < text.length() && points < LONGEST_NAME && "\t\n\f <&#;".indexOf(text.charAt(end)) < 0) {
            end = text.offsetByCodePoints(end, 1);
            points++;
        }
        return end > start && end < text.length() && text.charAt(end) == ';' ? end + 1 : end;
    }

    private static String number(String reference) {
        boolean hex = reference.startsWith("x", 1) || reference.startsWith("X", 1);
        String digits =
                reference.substring(hex ? 2 : 1, reference.endsWith(";") ? reference.length() - 1 : reference.length());
        long value = 0;
        for (int i = 0; i < digits.length() && value <= Character.MAX_CODE_POINT; i++) {
            value = value * (hex ? 16 : 10) + Character.digit(digits.charAt(i), 16);
        }
        if (value == 0 || value > Character.MAX_CODE_POINT || (value >= 0xd800 && value <= 0xdfff)) {
            return "\ufffd";
        }
        int point = (int) value;
        if (point >= 0x80 && point <= 0x9f) {
            return WINDOWS_1252.substring(point - 0x80, point - 0x7f);
        }
        return isForbidden(point) ? "" : Character.toString(point);
    }

    private static boolean isForbidden(int point) {
        return point <= 0x8
                || point == 0xb
                || (point >= 0xe && point <= 0x1f)
                || point == 0x7f
                || (point >= 0xfdd0 && point <= 0xfdef)
                || (point & 0xfffe) == 0xfffe;
    }

    /// The character of a name; without a semicolon also of its longest beginning that is a name.
    private static String name(String reference) {
        String whole = Names.BY_NAME.get(reference);
        if (whole != null) {
            return whole;
        }
        for (int length = reference.length() - 1; length > 1; length--) {
            String value = Names.BY_NAME.get(reference.substring(0, length));
            if (value != null) {
                return value + reference.substring(length);
            }
        }
        return "&" + reference;
    }
}
