package dev.nla4j.chat.jinja;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/// Python's format specification: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.
///
/// @param align one of `<`, `>`, `^`, `=`, or 0
/// @param sign one of `+`, `-`, space
/// @param grouping `,`, `_` or 0
/// @param precision -1 when absent
/// @param type 0 when absent
record FormatSpec(
        String fill,
        char align,
        char sign,
        boolean noNegativeZero,
        boolean alternate,
        boolean zeros,
        int width,
        char grouping,
        int precision,
        char type) {

    /// `format(value, specification)`.
    static String format(Value value, String specification, Budget budget) {
        if (specification.isEmpty()) {
            return Printer.str(value, budget);
        }
        return switch (value) {
            case PyText text -> parse(specification, value).text(text, budget);
            case PyInt number -> parse(specification, value).integer(number.value(), budget);
            case PyBool bool -> parse(specification, value).integer(bool.asInteger(), budget);
            case PyFloat number -> parse(specification, value).real(number.value(), budget);
            default -> throw PyError.type("unsupported format string passed to " + value.typeName() + ".__format__");
        };
    }

    static FormatSpec parse(String text, Value value) {
        Reader in = new Reader(text);
        String fill = " ";
        char align = 0;
        int first = in.peek() == 0 ? 0 : Character.charCount(text.codePointAt(0));
        if (in.at(first) != 0 && "<>=^".indexOf(in.at(first)) >= 0) {
            fill = text.substring(0, first);
            align = in.at(first);
            in.skip(first + 1);
        } else if (in.peek() != 0 && "<>=^".indexOf(in.peek()) >= 0) {
            align = in.next();
        }
        char sign = in.peek() != 0 && "+- ".indexOf(in.peek()) >= 0 ? in.next() : '-';
        boolean noNegativeZero = in.take('z');
        boolean alternate = in.take('#');
        boolean zeros = in.take('0');
        int width = in.number(0);
        char grouping = in.peek() == ',' || in.peek() == '_' ? in.next() : 0;
        if (grouping != 0 && (in.peek() == ',' || in.peek() == '_')) {
            throw PyError.value("Cannot specify ',' and '_' together.");
        }
        int precision = -1;
        if (in.take('.')) {
            precision = in.number(-1);
            if (precision < 0) {
                throw PyError.value("Format specifier missing precision");
            }
        }
        char type = in.peek() == 0 ? 0 : in.next();
        if (in.peek() != 0) {
            throw PyError.value("Invalid format specifier " + Printer.quoted(text) + " for object of type '"
                    + value.typeName() + "'");
        }
        if (zeros && align == 0) {
            fill = "0";
            align = value instanceof PyText ? '<' : '=';
        } else if (zeros && fill.equals(" ")) {
            fill = "0";
        }
        return new FormatSpec(fill, align, sign, noNegativeZero, alternate, zeros, width, grouping, precision, type);
    }

    private PyError unknownType(Value example) {
        return PyError.value("Unknown format code '" + type + "' for object of type '" + example.typeName() + "'");
    }

    private String text(PyText value, Budget budget) {
        if (type != 0 && type != 's') {
            throw unknownType(value);
        }
        if (sign != '-' || alternate || noNegativeZero || grouping != 0) {
            throw PyError.value("Sign, grouping or alternate form not allowed in string format specifier");
        }
        if (align == '=') {
            throw PyError.value("'=' alignment not allowed in string format specifier");
        }
        budget.read(value.chars().length());
        PyText shown = precision >= 0 && precision < value.length() ? value.slice(0, precision) : value;
        return pad("", shown.chars(), '<', budget);
    }

    private String integer(BigInteger value, Budget budget) {
        switch (type) {
            case 'e', 'E', 'f', 'F', 'g', 'G', '%' -> {
                return real(Numbers.toDouble(new PyInt(value)), budget);
            }
            case 0, 'd', 'n', 'b', 'o', 'x', 'X', 'c' -> {}
            default -> throw unknownType(new PyInt(value));
        }
        if (precision >= 0 || noNegativeZero) {
            throw PyError.value("Precision not allowed in integer format specifier");
        }
        if (type == 'c') {
            if (value.signum() < 0 || value.bitLength() > 21 || !Character.isValidCodePoint(value.intValue())) {
                throw PyError.arithmetic("%c arg not in range(0x110000)");
            }
            return pad("", Character.toString(value.intValue()), '<', budget);
        }
        BigInteger size = value.abs();
        String digits = switch (type) {
            case 'b' -> size.toString(2);
            case 'o' -> size.toString(8);
            case 'x' -> size.toString(16);
            case 'X' -> TextCase.upper(size.toString(16));
            default -> Printer.decimal(size, budget);
        };
        boolean binary = type == 'b' || type == 'o' || type == 'x' || type == 'X';
        if (grouping == ',' && binary) {
            throw PyError.value("Cannot specify ',' with '" + type + "'.");
        }
        String prefix = alternate && binary ? "0" + type : "";
        return number(sign(value.signum() < 0) + prefix, digits, "", binary ? 4 : 3, budget);
    }

    private String real(double value, Budget budget) {
        boolean upper = type == 'E' || type == 'F' || type == 'G';
        if (type != 0 && "eEfFgGn%".indexOf(type) < 0) {
            throw unknownType(new PyFloat(value));
        }
        String shown = magnitude(Math.abs(type == '%' ? value * 100 : value), budget);
        if (upper) {
            shown = TextCase.upper(shown);
        }
        boolean negative = value < 0 || (value == 0 && 1 / value < 0);
        if (noNegativeZero && shown.chars().noneMatch(c -> c >= '1' && c <= '9')) {
            negative = false;
        }
        int integral = 0;
        while (integral < shown.length() && Character.isDigit(shown.charAt(integral))) {
            integral++;
        }
        return number(
                sign(negative),
                shown.substring(0, integral),
                shown.substring(integral) + (type == '%' ? "%" : ""),
                3,
                budget);
    }

    private String magnitude(double value, Budget budget) {
        if (!Double.isFinite(value)) {
            return Printer.decimal(value);
        }
        int digits = precision < 0 ? 6 : precision;
        return switch (type) {
            case 'e', 'E' -> RealFormat.format(value, 'e', digits, alternate, budget);
            case 'f', 'F', '%' -> RealFormat.format(value, 'f', digits, alternate, budget);
            case 'g', 'G', 'n' -> RealFormat.format(value, 'g', digits, alternate, budget);
            default -> precision < 0 ? Printer.decimal(value) : withPoint(value, budget);
        };
    }

    /// As `g`, but it shows that it is a float: with a digit behind the point, or with an exponent.
    private String withPoint(double value, Budget budget) {
        int digits = Math.max(1, precision);
        String text = RealFormat.format(value, 'g', digits, alternate, budget);
        if (text.indexOf('e') >= 0 || text.indexOf('.') >= 0) {
            return text;
        }
        return text.length() >= digits ? RealFormat.format(value, 'e', digits - 1, alternate, budget) : text + ".0";
    }

    private String sign(boolean negative) {
        return negative ? "-" : sign == '-' ? "" : String.valueOf(sign);
    }

    /// Sign and prefix, grouped digits and the rest, padded.
    private String number(String lead, String digits, String rest, int groupSize, Budget budget) {
        if (grouping == 0 || digits.isEmpty()) {
            return pad(lead, digits + rest, '>', budget);
        }
        String shown = digits;
        if (fill.equals("0") && align == '=') {
            // zeros that fill are grouped as well
            int room = width - lead.length() - rest.length();
            budget.chars(Math.max(0, room));
            int wanted = room - room / (groupSize + 1);
            wanted = room % (groupSize + 1) == 0 ? wanted + 1 : wanted;
            shown = "0".repeat(Math.max(0, wanted - digits.length())) + digits;
        }
        budget.chars(shown.length() * 2L);
        StringBuilder grouped = new StringBuilder();
        for (int i = 0; i < shown.length(); i++) {
            if (i > 0 && (shown.length() - i) % groupSize == 0) {
                grouped.append(grouping);
            }
            grouped.append(shown.charAt(i));
        }
        return pad(lead, grouped + rest, '>', budget);
    }

    private String pad(String lead, String body, char usual, Budget budget) {
        int length = lead.length() + body.codePointCount(0, body.length());
        int missing = Math.max(0, width - length);
        budget.chars((long) missing * fill.length() + body.length());
        int left = switch (align == 0 ? usual : align) {
            case '<' -> 0;
            case '^' -> missing / 2;
            default -> missing;
        };
        if (align == '=') {
            return lead + fill.repeat(missing) + body;
        }
        return fill.repeat(left) + lead + body + fill.repeat(missing - left);
    }

    /// The characters of a specification, one after the other.
    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        char at(int place) {
            return place < text.length() ? text.charAt(place) : 0;
        }

        char peek() {
            return at(at);
        }

        char next() {
            return text.charAt(at++);
        }

        void skip(int to) {
            at = to;
        }

        boolean take(char wanted) {
            boolean there = peek() == wanted;
            at += there ? 1 : 0;
            return there;
        }

        int number(int absent) {
            @Nullable Integer value = null;
            while (peek() >= '0' && peek() <= '9') {
                long more = (value == null ? 0L : value) * 10L + (next() - '0');
                if (more > Integer.MAX_VALUE) {
                    throw PyError.value("Too many decimal digits in format string");
                }
                value = (int) more;
            }
            return value == null ? absent : value;
        }
    }
}
