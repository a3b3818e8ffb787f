package dev.nla4j.chat.jinja;

/// Python's classes of characters (those of the Unicode version of the running Java).
final class Characters {
    private Characters() {}

    static boolean isSpace(int c) {
        return (c >= 0x09 && c <= 0x0d)
                || (c >= 0x1c && c <= 0x20)
                || c == 0x85
                || c == 0xa0
                || c == 0x1680
                || (c >= 0x2000 && c <= 0x200a)
                || c == 0x2028
                || c == 0x2029
                || c == 0x202f
                || c == 0x205f
                || c == 0x3000;
    }

    /// What doesn't end a word when its case is changed: marks, and punctuation inside of words.
    static boolean isCaseIgnorable(int c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK,
                    Character.FORMAT,
                    Character.MODIFIER_LETTER,
                    Character.MODIFIER_SYMBOL -> true;
            default ->
                "'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a".indexOf(c)
                        >= 0;
        };
    }

    /// Where `splitlines` splits.
    static boolean isLineBreak(int c) {
        return (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    static boolean isPrintable(int c) {
        if (c == ' ') {
            return true;
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }

    static boolean isAlpha(int c) {
        return switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER -> true;
            default -> false;
        };
    }

    static boolean isDecimal(int c) {
        return Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER;
    }

    /// Decimals, and digits that stand for themselves such as superscripts and circled ones.
    static boolean isDigit(int c) {
        if (isDecimal(c)) {
            return true;
        }
        return c == 0xb2
                || c == 0xb3
                || c == 0xb9
                || (c >= 0x1369 && c <= 0x1371)
                || c == 0x19da
                || c == 0x2070
                || (c >= 0x2074 && c <= 0x2079)
                || (c >= 0x2080 && c <= 0x2089)
                || (c >= 0x2460 && c <= 0x2468)
                || (c >= 0x2474 && c <= 0x247c)
                || (c >= 0x2488 && c <= 0x2490)
                || c == 0x24ea
                || (c >= 0x24f5 && c <= 0x24fd)
                || c == 0x24ff
                || (c >= 0x2776 && c <= 0x277e)
                || (c >= 0x2780 && c <= 0x2788)
                || (c >= 0x278a && c <= 0x2792)
                || (c >= 0x10a40 && c <= 0x10a43)
                || (c >= 0x10e60 && c <= 0x10e68)
                || (c >= 0x11052 && c <= 0x1105a)
                || (c >= 0x1f100 && c <= 0x1f10a);
    }

    static boolean isNumeric(int c) {
        return switch (Character.getType(c)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> isDigit(c) || isIdeographicNumber(c);
        };
    }

    /// Ideographs that write numbers; the frequent ones.
    private static boolean isIdeographicNumber(int c) {
        return "〇一二三四五六七八九十百千万億兆零壱弐参肆伍陸柒捌玖拾佰仟萬亿".indexOf(c) >= 0;
    }

    static boolean isAlphanumeric(int c) {
        return isAlpha(c) || isNumeric(c);
    }

    /// A character of a word, as `\w` of a regular expression.
    static boolean isWord(int c) {
        return c == '_' || isAlphanumeric(c);
    }

    static boolean isNameStart(int c) {
        return c == '_' || Character.isUnicodeIdentifierStart(c);
    }

    static boolean isNamePart(int c) {
        return isNameStart(c) || (Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c));
    }

    static boolean isIdentifier(String text) {
        return !text.isEmpty()
                && isNameStart(text.codePointAt(0))
                && text.codePoints().skip(1).allMatch(Characters::isNamePart);
    }
}
