package dev.nla4j.chat.jinja;

import java.math.BigInteger;

/// Strings to numbers, as Python's `int()` and `float()` read them.
final class NumberParser {
    private NumberParser() {}

    static BigInteger integer(String text, int base, Budget budget) {
        if (base != 0 && (base < 2 || base > 36)) {
            throw PyError.value("int() base must be >= 2 and <= 36, or 0");
        }
        budget.read(text.length());
        String rest = TextMethods.strip(text, Characters::isSpace, true, true, budget);
        boolean negative = rest.startsWith("-");
        if (negative || rest.startsWith("+")) {
            rest = rest.substring(1);
        }
        int actual = base;
        int prefixed = prefixBase(rest);
        if (prefixed > 0 && (base == 0 || base == prefixed)) {
            actual = prefixed;
            rest = rest.substring(2);
            rest = rest.startsWith("_") ? rest.substring(1) : rest;
        } else if (base == 0) {
            actual = 10;
        }
        String digits = digits(rest, actual, text, base);
        if (base == 0
                && actual == 10
                && digits.startsWith("0")
                && !digits.chars().allMatch(c -> c == '0')) {
            throw invalid(text, base);
        }
        if (digits.length() > Numbers.MOST_DIGITS) {
            throw PyError.value("Exceeds the limit (" + Numbers.MOST_DIGITS + " digits) for integer string conversion");
        }
        budget.spend((long) digits.length() * digits.length() / 1000);
        BigInteger value = Numbers.bounded(new BigInteger(digits, actual)).value();
        return negative ? value.negate() : value;
    }

    private static int prefixBase(String text) {
        if (text.length() < 2 || text.charAt(0) != '0') {
            return 0;
        }
        return switch (text.charAt(1)) {
            case 'x', 'X' -> 16;
            case 'o', 'O' -> 8;
            case 'b', 'B' -> 2;
            default -> 0;
        };
    }

    /// The digits of all scripts as ASCII, single underscores between them dropped.
    private static String digits(String text, int base, String whole, int askedBase) {
        StringBuilder digits = new StringBuilder(text.length());
        boolean afterDigit = false;
        for (int c : text.codePoints().toArray()) {
            if (c == '_' && afterDigit) {
                afterDigit = false;
                continue;
            }
            int digit = c < 0x80 || Characters.isDecimal(c) ? Character.digit(c, base) : -1;
            if (digit < 0) {
                throw invalid(whole, askedBase);
            }
            digits.append(Character.forDigit(digit, base));
            afterDigit = true;
        }
        if (!afterDigit) {
            throw invalid(whole, askedBase);
        }
        return digits.toString();
    }

    private static PyError invalid(String text, int base) {
        return PyError.value("invalid literal for int() with base " + base + ": " + Printer.quoted(text));
    }

    static double real(String text, Budget budget) {
        budget.read(text.length());
        String rest = TextMethods.strip(text, Characters::isSpace, true, true, budget);
        boolean negative = rest.startsWith("-");
        if (negative || rest.startsWith("+")) {
            rest = rest.substring(1);
        }
        double value = switch (TextCase.lower(rest)) {
            case "inf", "infinity" -> Double.POSITIVE_INFINITY;
            case "nan" -> Double.NaN;
            default -> Double.parseDouble(decimal(rest, text));
        };
        return negative ? -value : value;
    }

    /// `text` as a plain decimal number, proved to be one.
    private static String decimal(String text, String whole) {
        StringBuilder out = new StringBuilder(text.length());
        boolean afterDigit = false;
        boolean mantissa = false;
        boolean point = false;
        boolean exponent = false;
        int[] points = text.codePoints().toArray();
        for (int i = 0; i < points.length; i++) {
            int c = points[i];
            boolean ok = true;
            if (Characters.isDecimal(c)) {
                out.append(Character.digit(c, 10));
                mantissa = mantissa || !exponent;
            } else if (c == '_') {
                ok = afterDigit && i + 1 < points.length && Characters.isDecimal(points[i + 1]);
            } else if (c == '.') {
                ok = !point && !exponent;
                point = true;
                out.append('.');
            } else if (c == 'e' || c == 'E') {
                ok = mantissa && !exponent && i + 1 < points.length;
                exponent = true;
                out.append('e');
                if (ok && (points[i + 1] == '+' || points[i + 1] == '-')) {
                    out.append((char) points[++i]);
                }
                ok = ok && i + 1 < points.length && Characters.isDecimal(points[i + 1]);
            } else {
                ok = false;
            }
            if (!ok) {
                throw notReal(whole);
            }
            afterDigit = Characters.isDecimal(c);
        }
        if (!mantissa) {
            throw notReal(whole);
        }
        return out.toString();
    }

    private static PyError notReal(String text) {
        return PyError.value("could not convert string to float: " + Printer.quoted(text));
    }
}
