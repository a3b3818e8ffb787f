package dev.nla4j.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// `str()` and `repr()` of Python.
final class Printer {
    private final Budget budget;
    private final StringBuilder out = new StringBuilder();

    private Printer(Budget budget) {
        this.budget = budget;
    }

    static String str(Value value, Budget budget) {
        return switch (value) {
            case PyText text -> text.chars();
            case PyUndefined _ -> "";
            default -> repr(value, budget);
        };
    }

    static String repr(Value value, Budget budget) {
        Printer printer = new Printer(budget);
        printer.print(value, 0);
        return printer.out.toString();
    }

    private void print(Value value, int nesting) {
        budget.nesting(nesting);
        switch (value) {
            case PyText text -> {
                budget.read(text.chars().length());
                add(text.isMarkup() ? "Markup(" + quoted(text.chars()) + ")" : quoted(text.chars()));
            }
            case PyInt number -> add(decimal(number.value(), budget));
            case PyFloat number -> add(decimal(number.value()));
            case PyBool bool -> add(bool == PyBool.TRUE ? "True" : "False");
            case PyNone _ -> add("None");
            case PyUndefined _ -> add("Undefined");
            case PyList list -> printItems("[", list.items(), "]", nesting);
            case PyTuple tuple -> printItems("(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")", nesting);
            case PyDict dict -> printEntries(dict, nesting);
            case PyDictView view -> printItems(view.typeName() + "([", view.items(), "])", nesting);
            case PyRange range -> {
                String step = range.step().equals(BigInteger.ONE) ? "" : ", " + range.step();
                add("range(" + range.start() + ", " + range.stop() + step + ")");
            }
            case PyIterator iterator -> add("<" + iterator.typeName() + " object>");
            case Namespace namespace -> {
                add("<Namespace ");
                printEntries(PyDict.of(namespace.attributes(), budget), nesting + 1);
                add(">");
            }
            case PyObject object -> add(object.display(budget));
        }
    }

    private void printItems(String open, List<Value> items, String close, int nesting) {
        add(open);
        for (int i = 0; i < items.size(); i++) {
            if (i > 0) {
                add(", ");
            }
            print(items.get(i), nesting + 1);
        }
        add(close);
    }

    private void printEntries(PyDict dict, int nesting) {
        add("{");
        String separator = "";
        for (Map.Entry<Key, Value> entry : dict.entries().entrySet()) {
            add(separator);
            separator = ", ";
            print(entry.getKey().value(), nesting + 1);
            add(": ");
            print(entry.getValue(), nesting + 1);
        }
        add("}");
    }

    private void add(String text) {
        budget.grown(out.length() + (long) text.length(), text.length());
        out.append(text);
    }

    /// `text` in quotes with what isn't printable escaped.
    static String quoted(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder out = new StringBuilder(text.length() + 2).append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (Characters.isPrintable(c)) {
                        out.appendCodePoint(c);
                    } else {
                        out.append(escaped(c));
                    }
                }
            }
        });
        return out.append(quote).toString();
    }

    static String escaped(int codePoint) {
        if (codePoint < 0x100) {
            return "\\x" + HexFormat.of().toHexDigits(codePoint, 2);
        }
        return codePoint < 0x10000
                ? "\\u" + HexFormat.of().toHexDigits(codePoint, 4)
                : "\\U" + HexFormat.of().toHexDigits(codePoint, 8);
    }

    static String decimal(BigInteger value, Budget budget) {
        Numbers.spendOn(value, value, budget);
        String digits = value.toString();
        if (digits.length() - (value.signum() < 0 ? 1 : 0) > Numbers.MOST_DIGITS) {
            throw PyError.value("Exceeds the limit (" + Numbers.MOST_DIGITS + " digits) for integer string conversion");
        }
        return digits;
    }

    /// The shortest decimal that reads back as `value`, in Python's notation.
    static String decimal(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        String sign = value < 0 || (value == 0 && 1 / value < 0) ? "-" : "";
        BigDecimal shortest = shortest(Math.abs(value));
        String digits = shortest.unscaledValue().toString();
        if (shortest.signum() == 0) {
            return sign + "0.0";
        }
        // value = 0.digits * 10^point
        int point = digits.length() - shortest.scale();
        return sign + (point > -4 && point <= 16 ? plain(digits, point) : scientific(digits, point));
    }

    static BigDecimal shortest(double value) {
        BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        if (decimal.precision() == 2) {
            // Java writes two digits at least and picks the closer pair (4.9E-324), Python one where one is enough
            BigDecimal single = decimal.round(new MathContext(1, RoundingMode.HALF_EVEN));
            return single.doubleValue() == value ? single.stripTrailingZeros() : decimal;
        }
        return decimal;
    }

    private static String plain(String digits, int point) {
        if (point <= 0) {
            return "0." + "0".repeat(-point) + digits;
        }
        if (point >= digits.length()) {
            return digits + "0".repeat(point - digits.length()) + ".0";
        }
        return digits.substring(0, point) + "." + digits.substring(point);
    }

    private static String scientific(String digits, int point) {
        int exponent = point - 1;
        String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
        return digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+")
                + String.format(Locale.ROOT, "%02d", Math.abs(exponent));
    }
}
