package dev.nla4j.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;

/// Filters of numbers.
final class NumberFilters {
    private static final String[] DECIMAL_UNITS = {"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
    private static final String[] BINARY_UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};

    private NumberFilters() {}

    static void addTo(Map<String, Filters.Body> filters) {
        filters.put("abs", NumberFilters::absolute);
        filters.put("int", NumberFilters::integer);
        filters.put("float", NumberFilters::real);
        filters.put("round", NumberFilters::round);
        filters.put("filesizeformat", NumberFilters::fileSize);
    }

    private static Value absolute(Arguments arguments, Interpreter in) {
        Value value = arguments.bindPlaces("abs", 1, 1).at(0);
        if (value instanceof PyFloat number) {
            return new PyFloat(Math.abs(number.value()));
        }
        BigInteger number = Numbers.integer(value);
        if (number == null) {
            throw PyError.type("bad operand type for abs(): '" + value.typeName() + "'");
        }
        return new PyInt(number.abs());
    }

    private static Value integer(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("int", 1, "value", "default", "base");
        Value value = bound.at(0);
        Budget budget = in.budget();
        try {
            return value instanceof PyText text
                    ? new PyInt(NumberParser.integer(text.chars(), bound.index(2, 10), budget))
                    : new PyInt(toInteger(value, budget));
        } catch (PyError e) {
            if (!e.isBadConversion()) {
                throw e;
            }
        }
        try {
            return new PyInt(Numbers.truncate(toReal(value, budget)));
        } catch (PyError e) {
            if (!e.isBadConversion() && e.kind() != PyError.Kind.ARITHMETIC) {
                throw e;
            }
            return bound.or(1, PyInt.of(0));
        }
    }

    private static Value real(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("float", 1, "value", "default");
        try {
            return new PyFloat(toReal(bound.at(0), in.budget()));
        } catch (PyError e) {
            if (!e.isBadConversion()) {
                throw e;
            }
            return bound.or(1, new PyFloat(0));
        }
    }

    /// `int(value)`.
    private static BigInteger toInteger(Value value, Budget budget) {
        return switch (value) {
            case PyText text -> NumberParser.integer(text.chars(), 10, budget);
            case PyFloat number -> Numbers.truncate(number.value());
            case PyUndefined undefined -> throw undefined.failure();
            default -> {
                BigInteger integer = Numbers.integer(value);
                if (integer == null) {
                    throw PyError.type(
                            "int() argument must be a string or a real number, not '" + value.typeName() + "'");
                }
                yield integer;
            }
        };
    }

    /// `float(value)`.
    private static double toReal(Value value, Budget budget) {
        return switch (value) {
            case PyText text -> NumberParser.real(text.chars(), budget);
            case PyUndefined undefined -> throw undefined.failure();
            default -> Numbers.toDouble(value);
        };
    }

    private static Value round(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("round", 1, "value", "precision", "method");
        String method = bound.get(2) == null ? "common" : Printer.str(bound.at(2), in.budget());
        Value value = bound.at(0);
        Value precision = bound.or(1, PyInt.of(0));
        return switch (method) {
            case "common" -> rounded(value, precision, in.budget());
            case "ceil", "floor" -> {
                Budget budget = in.budget();
                Value factor = Numbers.power(PyInt.of(10), precision, budget);
                Value scaled = Operators.multiply(value, factor, budget);
                yield Numbers.divide(new PyInt(whole(scaled, method.equals("ceil"))), factor, budget);
            }
            default -> throw PyError.runtime("method must be common, ceil or floor");
        };
    }

    private static BigInteger whole(Value value, boolean up) {
        if (value instanceof PyFloat number) {
            return Numbers.truncate(up ? Math.ceil(number.value()) : Math.floor(number.value()));
        }
        BigInteger number = Numbers.integer(value);
        if (number == null) {
            throw PyError.type("must be real number, not " + value.typeName());
        }
        return number;
    }

    /// `round(value, precision)`: floats stay floats, integers integers.
    private static Value rounded(Value value, Value precision, Budget budget) {
        boolean toInteger = precision == PyNone.NONE;
        int digits = toInteger ? 0 : Numbers.toIndex(precision);
        if (value instanceof PyFloat number) {
            if (!toInteger) {
                return new PyFloat(RealFormat.round(number.value(), digits, budget));
            }
            return new PyInt(Numbers.truncate(Math.rint(number.value())));
        }
        BigInteger number = Numbers.integer(value);
        if (number == null) {
            throw PyError.type("type " + value.typeName() + " doesn't define __round__ method");
        }
        if (digits >= 0) {
            return new PyInt(number);
        }
        if (-(long) digits > number.bitLength()) {
            return PyInt.of(0);
        }
        Numbers.spendOn(number, number, budget);
        return new PyInt(
                new BigDecimal(number).setScale(digits, RoundingMode.HALF_EVEN).toBigIntegerExact());
    }

    private static Value fileSize(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("filesizeformat", 1, "value", "binary");
        double bytes = toReal(bound.at(0), in.budget());
        boolean binary = bound.truth(1, false);
        int base = binary ? 1024 : 1000;
        String[] units = binary ? BINARY_UNITS : DECIMAL_UNITS;
        if (bytes == 1) {
            return PyText.of("1 Byte");
        }
        if (bytes < base) {
            return PyText.of(Numbers.truncate(bytes) + " Bytes");
        }
        int unit = 0;
        double size = (double) base * base;
        while (unit < units.length - 1 && !(bytes < size)) {
            unit++;
            size *= base;
        }
        String shown = FormatSpec.format(new PyFloat(base * bytes / size), ".1f", in.budget());
        return PyText.of(shown + " " + units[unit]);
    }
}
