package dev.nla4j.chat.jinja;

import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `"..." % values` of Python.
final class PercentFormat {
    private final PyText self;
    private final String text;
    private final Value values;
    private final Budget budget;
    private final StringBuilder out = new StringBuilder();
    private int at;
    private int taken;

    private PercentFormat(PyText self, Value values, Budget budget) {
        this.self = self;
        this.text = self.chars();
        this.values = values;
        this.budget = budget;
    }

    static PyText format(PyText self, Value values, Budget budget) {
        PercentFormat format = new PercentFormat(self, values, budget);
        format.run();
        return self.like(format.out.toString());
    }

    private void run() {
        budget.read(text.length());
        boolean named = false;
        while (at < text.length()) {
            int mark = text.indexOf('%', at);
            int end = mark < 0 ? text.length() : mark;
            add(text.substring(at, end));
            at = end;
            if (mark >= 0) {
                at++;
                named |= directive();
            }
        }
        boolean isMap = values instanceof PyDict
                || values instanceof PyList
                || values instanceof PyRange
                || values instanceof PyUndefined;
        int given = values instanceof PyTuple tuple ? tuple.items().size() : 1;
        if (!named && !isMap && taken < given) {
            throw PyError.type("not all arguments converted during string formatting");
        }
    }

    private void add(String more) {
        budget.grown(out.length() + (long) more.length(), more.length());
        out.append(more);
    }

    /// One directive behind its `%`; whether it named its value.
    private boolean directive() {
        if (peek() == '%') {
            at++;
            add("%");
            return false;
        }
        @Nullable Value value = null;
        if (peek() == '(') {
            value = named(key());
        }
        String flags = "";
        while (peek() != 0 && "-+ #0".indexOf(peek()) >= 0) {
            flags += text.charAt(at++);
            if (flags.length() > 100) {
                throw PyError.value("too many flags in format");
            }
        }
        int width = size(0);
        boolean left = flags.indexOf('-') >= 0;
        if (width < 0) {
            left = true;
            width = -width;
        }
        int precision = -1;
        if (peek() == '.') {
            at++;
            precision = Math.max(0, size(0));
        }
        if (peek() == 'h' || peek() == 'l' || peek() == 'L') {
            at++;
        }
        if (peek() == 0) {
            throw PyError.value("incomplete format");
        }
        int type = text.codePointAt(at);
        at += Character.charCount(type);
        Value shown = value == null ? next() : value;
        add(new Directive(flags, left, width, precision, (char) type).show(shown));
        return value != null;
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private String key() {
        int start = at + 1;
        int open = 0;
        for (; at < text.length(); at++) {
            open += text.charAt(at) == '(' ? 1 : text.charAt(at) == ')' ? -1 : 0;
            if (open == 0) {
                return text.substring(start, at++);
            }
        }
        throw PyError.value("incomplete format key");
    }

    private Value named(String key) {
        if (!(values instanceof PyDict dict)) {
            throw PyError.type("format requires a mapping");
        }
        Value value = dict.get(PyText.of(key), budget);
        if (value == null) {
            throw PyError.lookup("no value named " + Printer.quoted(key) + " for the format");
        }
        return value;
    }

    private int size(int absent) {
        if (peek() == '*') {
            at++;
            Value value = next();
            if (Numbers.integer(value) == null) {
                throw PyError.type("* wants int");
            }
            return Math.max(-Integer.MAX_VALUE, Numbers.toIndex(value));
        }
        long size = absent;
        while (peek() >= '0' && peek() <= '9') {
            size = size * 10 + (text.charAt(at++) - '0');
            if (size > Integer.MAX_VALUE) {
                throw PyError.value("width too big");
            }
        }
        return (int) size;
    }

    private Value next() {
        List<Value> items = values instanceof PyTuple tuple ? tuple.items() : List.of(values);
        if (taken >= items.size()) {
            throw PyError.type("not enough arguments for format string");
        }
        return items.get(taken++);
    }

    private final class Directive {
        private final String flags;
        private final boolean left;
        private final int width;
        private final int precision;
        private final char type;

        Directive(String flags, boolean left, int width, int precision, char type) {
            this.flags = flags;
            this.left = left;
            this.width = width;
            this.precision = precision;
            this.type = type;
        }

        String show(Value value) {
            return switch (type) {
                case 's' -> text(self.isMarkup() ? Html.escape(value, budget).chars() : Printer.str(value, budget));
                case 'r' -> text(escaped(Printer.repr(value, budget)));
                case 'a' -> text(escaped(BraceFormat.ascii(Printer.repr(value, budget))));
                case 'c' -> pad("", character(value), false);
                case 'd', 'i', 'u' -> integer(truncated(value), 10);
                case 'o' -> integer(exact(value), 8);
                case 'x', 'X' -> integer(exact(value), 16);
                case 'e', 'E', 'f', 'F', 'g', 'G' -> real(Numbers.toDouble(value));
                default ->
                    throw PyError.value(
                            "unsupported format character '" + type + "' (0x" + Integer.toHexString(type) + ")");
            };
        }

        private String escaped(String shown) {
            return self.isMarkup() ? Html.escape(shown, budget) : shown;
        }

        private String text(String shown) {
            PyText whole = PyText.of(shown);
            return pad(
                    "",
                    precision >= 0 && precision < whole.length()
                            ? whole.slice(0, precision).chars()
                            : shown,
                    false);
        }

        private String character(Value value) {
            if (value instanceof PyText text && text.length() == 1) {
                return text.chars();
            }
            BigInteger number = Numbers.integer(value);
            if (number == null) {
                throw PyError.type("%c requires int or char");
            }
            if (!Character.isValidCodePoint(Numbers.clamp(number))) {
                throw PyError.arithmetic("%c arg not in range(0x110000)");
            }
            return Character.toString(number.intValue());
        }

        private BigInteger truncated(Value value) {
            if (value instanceof PyFloat number) {
                return Numbers.truncate(number.value());
            }
            return exact(value);
        }

        private BigInteger exact(Value value) {
            if (value instanceof PyUndefined undefined) {
                throw undefined.failure();
            }
            BigInteger number = Numbers.integer(value);
            if (number == null) {
                throw PyError.type("%" + type + " format: a number is required, not " + value.typeName());
            }
            return number;
        }

        private String integer(BigInteger value, int base) {
            BigInteger size = value.abs();
            String digits = base == 10 ? Printer.decimal(size, budget) : size.toString(base);
            budget.chars(precision);
            digits = "0".repeat(Math.max(0, precision - digits.length())) + digits;
            String prefix = flags.indexOf('#') < 0 ? "" : base == 8 ? "0o" : base == 16 ? "0x" : "";
            String shown = type == 'X' ? TextCase.upper(digits) : digits;
            return pad(sign(value.signum() < 0) + (type == 'X' ? TextCase.upper(prefix) : prefix), shown, true);
        }

        private String real(double value) {
            double size = Math.abs(value);
            char lower = Character.toLowerCase(type);
            String shown = Double.isFinite(size)
                    ? RealFormat.format(size, lower, precision < 0 ? 6 : precision, flags.indexOf('#') >= 0, budget)
                    : Printer.decimal(size);
            boolean negative = value < 0 || (value == 0 && 1 / value < 0);
            return pad(sign(negative), Character.isUpperCase(type) ? TextCase.upper(shown) : shown, true);
        }

        private String sign(boolean negative) {
            return negative ? "-" : flags.indexOf('+') >= 0 ? "+" : flags.indexOf(' ') >= 0 ? " " : "";
        }

        private String pad(String lead, String body, boolean number) {
            int missing = Math.max(0, width - lead.length() - body.codePointCount(0, body.length()));
            budget.chars((long) missing + body.length());
            if (left) {
                return lead + body + " ".repeat(missing);
            }
            return number && flags.indexOf('0') >= 0
                    ? lead + "0".repeat(missing) + body
                    : " ".repeat(missing) + lead + body;
        }
    }
}
