package dev.nla4j.chat.jinja;

import java.math.BigInteger;

/// `int(value)` and `float(value)`.
final class Conversions {
    private Conversions() {}

    static BigInteger toInteger(Value value, Budget budget) {
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

    static double toReal(Value value, Budget budget) {
        return switch (value) {
            case PyText text -> NumberParser.real(text.chars(), budget);
            case PyUndefined undefined -> throw undefined.failure();
            default -> Numbers.toDouble(value);
        };
    }
}
