package dev.nla4j.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import org.jspecify.annotations.Nullable;

/// Python's arithmetic: integers without overflow (but bounded), floor division, booleans as 0 and 1.
final class Numbers {
    /// Python reads and prints no longer integers.
    static final int MOST_DIGITS = 4300;
    /// Intermediate results may be some four times as long as what is printed.
    private static final int MOST_BITS = 1 << 16;
    /// Floats below the 62nd power of two are whole in a `long`.
    private static final int LONG_BITS = 62;

    private static final int MANTISSA_BITS = 52;

    private Numbers() {}

    /// The value as an integer, or null when it is none (booleans are).
    static @Nullable BigInteger integer(Value value) {
        return switch (value) {
            case PyInt i -> i.value();
            case PyBool b -> b.asInteger();
            default -> null;
        };
    }

    static boolean isNumber(Value value) {
        return value instanceof PyInt || value instanceof PyBool || value instanceof PyFloat;
    }

    /// A number as a float.
    static double toDouble(Value value) {
        if (value instanceof PyFloat f) {
            return f.value();
        }
        BigInteger integer = integer(value);
        if (integer == null) {
            throw PyError.type("must be real number, not " + value.typeName());
        }
        double result = integer.doubleValue();
        if (Double.isInfinite(result)) {
            throw PyError.arithmetic("int too large to convert to float");
        }
        return result;
    }

    /// An index, count or width.
    static int toIndex(Value value) {
        BigInteger integer = integer(value);
        if (integer == null) {
            throw PyError.type("'" + value.typeName() + "' object cannot be interpreted as an integer");
        }
        return clamp(integer);
    }

    /// The nearest `int`: what lies beyond it lies beyond every string and list as well.
    static int clamp(BigInteger value) {
        if (value.bitLength() < 32) {
            return value.intValue();
        }
        return value.signum() < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
    }

    static PyInt bounded(BigInteger value) {
        if (value.bitLength() > MOST_BITS) {
            throw tooLarge();
        }
        return new PyInt(value);
    }

    private static PyError tooLarge() {
        return new PyError(PyError.Kind.LIMIT, "an integer of more than " + MOST_BITS + " bits");
    }

    /// Work of an operation on integers that takes time beyond their length.
    static void spendOn(BigInteger a, BigInteger b, Budget budget) {
        budget.spend((a.bitLength() / 32L) * (b.bitLength() / 32L) / 16);
        spendOnLength(a, b, budget);
    }

    /// Work of an operation that goes through the digits of integers once.
    private static void spendOnLength(BigInteger a, BigInteger b, Budget budget) {
        budget.spend((a.bitLength() / 32L + b.bitLength() / 32L) / 8);
    }

    static Value add(Value left, Value right, Budget budget) {
        BigInteger a = integer(left);
        BigInteger b = integer(right);
        if (a == null || b == null) {
            return new PyFloat(toDouble(left) + toDouble(right));
        }
        spendOnLength(a, b, budget);
        return bounded(a.add(b));
    }

    static Value subtract(Value left, Value right, Budget budget) {
        BigInteger a = integer(left);
        BigInteger b = integer(right);
        if (a == null || b == null) {
            return new PyFloat(toDouble(left) - toDouble(right));
        }
        spendOnLength(a, b, budget);
        return bounded(a.subtract(b));
    }

    static Value multiply(Value left, Value right, Budget budget) {
        BigInteger a = integer(left);
        BigInteger b = integer(right);
        if (a == null || b == null) {
            return new PyFloat(toDouble(left) * toDouble(right));
        }
        if ((long) a.bitLength() + b.bitLength() > MOST_BITS + 1) {
            throw tooLarge();
        }
        spendOn(a, b, budget);
        return bounded(a.multiply(b));
    }

    static Value divide(Value left, Value right, Budget budget) {
        BigInteger a = integer(left);
        BigInteger b = integer(right);
        if (a == null || b == null || (a.bitLength() <= 53 && b.bitLength() <= 53)) {
            double divisor = toDouble(right);
            if (divisor == 0) {
                throw PyError.arithmetic("division by zero");
            }
            return new PyFloat(toDouble(left) / divisor);
        }
        if (b.signum() == 0) {
            throw PyError.arithmetic("division by zero");
        }
        // a quotient of decimals is found by division of all their digits
        BigInteger longer = a.bitLength() > b.bitLength() ? a : b;
        spendOn(longer, longer, budget);
        double result = new BigDecimal(a, MathContext.UNLIMITED)
                .divide(new BigDecimal(b), new MathContext(40))
                .doubleValue();
        if (Double.isInfinite(result)) {
            throw PyError.arithmetic("integer division result too large for a float");
        }
        return new PyFloat(result);
    }

    static Value floorDivide(Value left, Value right, Budget budget) {
        BigInteger a = integer(left);
        BigInteger b = integer(right);
        if (a != null && b != null) {
            return new PyInt(floorDivision(a, b, budget)[0]);
        }
        return new PyFloat(floorDivision(toDouble(left), toDouble(right))[0]);
    }

    static Value modulo(Value left, Value right, Budget budget) {
        BigInteger a = integer(left);
        BigInteger b = integer(right);
        if (a != null && b != null) {
            return new PyInt(floorDivision(a, b, budget)[1]);
        }
        return new PyFloat(floorDivision(toDouble(left), toDouble(right))[1]);
    }

    private static BigInteger[] floorDivision(BigInteger a, BigInteger b, Budget budget) {
        if (b.signum() == 0) {
            throw PyError.arithmetic("integer division or modulo by zero");
        }
        spendOn(a, b, budget);
        budget.spend(a.bitLength() / 32L); // each of its words is divided, however short the divisor
        BigInteger[] parts = a.divideAndRemainder(b);
        if (parts[1].signum() != 0 && parts[1].signum() != b.signum()) {
            parts[0] = parts[0].subtract(BigInteger.ONE);
            parts[1] = parts[1].add(b);
        }
        return parts;
    }

    /// Quotient and remainder, the remainder with the sign of the divisor.
    private static double[] floorDivision(double a, double b) {
        if (b == 0) {
            throw PyError.arithmetic("float floor division by zero");
        }
        double rest = a % b;
        double quotient = (a - rest) / b;
        if (rest == 0) {
            rest = Math.copySign(0.0, b);
        } else if (rest < 0 != b < 0) {
            rest += b;
            quotient -= 1;
        }
        if (quotient == 0) {
            return new double[] {Math.copySign(0.0, a / b), rest};
        }
        double floor = Math.floor(quotient);
        return new double[] {quotient - floor > 0.5 ? floor + 1 : floor, rest};
    }

    static Value power(Value left, Value right, Budget budget) {
        BigInteger base = integer(left);
        BigInteger exponent = integer(right);
        if (base != null && exponent != null && exponent.signum() >= 0) {
            return integerPower(base, exponent, budget);
        }
        double a = toDouble(left);
        double b = toDouble(right);
        if (a == 0 && b < 0) {
            throw PyError.arithmetic("0.0 cannot be raised to a negative power");
        }
        if (a < 0 && Double.isFinite(a) && Double.isFinite(b) && b != Math.rint(b)) {
            throw PyError.arithmetic(
                    "a negative number raised to a fraction is a complex number, which templates lack");
        }
        double result = a == 1 ? 1 : Math.pow(a, b);
        if (Double.isInfinite(result) && Double.isFinite(a) && Double.isFinite(b)) {
            throw PyError.arithmetic("result too large");
        }
        return new PyFloat(result);
    }

    private static Value integerPower(BigInteger base, BigInteger exponent, Budget budget) {
        int bits = base.abs().bitLength();
        if (bits == 0) {
            return PyInt.of(exponent.signum() == 0 ? 1 : 0);
        }
        if (bits == 1) { // 1 and -1
            return new PyInt(exponent.testBit(0) ? base : BigInteger.ONE);
        }
        if (exponent.bitLength() > 31 || (long) (bits - 1) * exponent.intValue() > MOST_BITS) {
            throw tooLarge();
        }
        BigInteger result = base.pow(exponent.intValue());
        spendOn(result, result, budget);
        return bounded(result);
    }

    static Value negate(Value value) {
        BigInteger integer = integer(value);
        return integer != null ? new PyInt(integer.negate()) : new PyFloat(-toDouble(value));
    }

    /// Exact comparison of two numbers; null when one is not a number (NaN).
    static @Nullable Integer compare(Value left, Value right, Budget budget) {
        BigInteger a = integer(left);
        BigInteger b = integer(right);
        if (a != null && b != null) {
            if (a.bitLength() == b.bitLength()) {
                spendOnLength(a, b, budget);
            }
            return a.compareTo(b);
        }
        if (a == null && b == null) {
            return compare(((PyFloat) left).value(), ((PyFloat) right).value());
        }
        if (a == null) {
            Integer reverse = compare(right, left, budget);
            return reverse == null ? null : -reverse;
        }
        double other = ((PyFloat) right).value();
        if (Double.isNaN(other) || Double.isInfinite(other)) {
            return compare(0.0, other);
        }
        // Rounding keeps the order, so that only equals need their exact digits.
        double near = a.doubleValue();
        if (near != other) {
            return compare(near, other);
        }
        spendOnLength(a, a, budget);
        return a.compareTo(truncate(other));
    }

    private static @Nullable Integer compare(double a, double b) {
        if (Double.isNaN(a) || Double.isNaN(b)) {
            return null;
        }
        return a < b ? -1 : a > b ? 1 : 0;
    }

    /// The integer part.
    static BigInteger truncate(double value) {
        if (Double.isNaN(value)) {
            throw PyError.value("cannot convert float NaN to integer");
        }
        if (Double.isInfinite(value)) {
            throw PyError.arithmetic("cannot convert float infinity to integer");
        }
        int shift = Math.max(0, Math.getExponent(value) - LONG_BITS);
        return BigInteger.valueOf((long) Math.scalb(value, -shift)).shiftLeft(shift);
    }

    /// Numerator and denominator of a float.
    static PyTuple ratio(double value) {
        BigInteger whole = truncate(value);
        if (value == Math.rint(value)) {
            return PyTuple.pair(new PyInt(whole), PyInt.of(1));
        }
        int shift = MANTISSA_BITS - Math.max(Math.getExponent(value), Double.MIN_EXPONENT);
        long scaled = (long) Math.scalb(value, shift);
        int zeros = Long.numberOfTrailingZeros(scaled);
        return PyTuple.pair(PyInt.of(scaled >> zeros), new PyInt(BigInteger.ONE.shiftLeft(shift - zeros)));
    }
}
