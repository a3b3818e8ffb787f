package dev.nla4j.chat.jinja;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/// Numbers with a given number of digits, rounded exactly (half to even), as C's `printf` does.
final class RealFormat {
    /// The smallest float has so many digits behind its point, no other one more.
    private static final int MOST_DECIMALS = 1074;
    private static final int LONGEST = 400;

    private RealFormat() {}

    /// @param value finite and not negative
    /// @param type one of `e`, `f`, `g`
    /// @param alternate keep the point and, for `g`, zeros at the end
    static String format(double value, char type, int precision, boolean alternate, Budget budget) {
        budget.chars((long) precision + LONGEST);
        spendOnDecimals(value, budget);
        return switch (type) {
            case 'f' -> fixed(new BigDecimal(value), precision, alternate);
            case 'e' -> exponential(new BigDecimal(value), precision, alternate);
            default -> general(new BigDecimal(value), Math.max(1, precision), alternate);
        };
    }

    /// A float has the more decimal digits the further it is from one.
    private static void spendOnDecimals(double value, Budget budget) {
        budget.spend(Math.abs(Math.getExponent(value)) / 4);
    }

    private static String fixed(BigDecimal value, int precision, boolean alternate) {
        int own = Math.min(precision, MOST_DECIMALS);
        String text = value.setScale(own, RoundingMode.HALF_EVEN).toPlainString();
        return alternate && precision == 0 ? text + "." : text + "0".repeat(precision - own);
    }

    private static String exponential(BigDecimal value, int precision, boolean alternate) {
        String digits;
        int exponent;
        if (value.signum() == 0) {
            digits = "0".repeat(precision + 1);
            exponent = 0;
        } else {
            BigDecimal rounded = value.round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
            exponent = rounded.precision() - rounded.scale() - 1;
            digits = rounded.unscaledValue().toString();
            digits += "0".repeat(Math.max(0, precision + 1 - digits.length()));
            digits = digits.substring(0, precision + 1);
        }
        String point = precision > 0 || alternate ? "." : "";
        return digits.charAt(0) + point + digits.substring(1) + exponent(exponent);
    }

    private static String exponent(int exponent) {
        return "e" + (exponent < 0 ? "-" : "+") + String.format(Locale.ROOT, "%02d", Math.abs(exponent));
    }

    private static String general(BigDecimal value, int precision, boolean alternate) {
        int exponent = 0;
        if (value.signum() != 0) {
            BigDecimal rounded = value.round(new MathContext(precision, RoundingMode.HALF_EVEN));
            exponent = rounded.precision() - rounded.scale() - 1;
        }
        if (exponent < -4 || exponent >= precision) {
            String text = exponential(value, precision - 1, alternate);
            int mark = text.indexOf('e');
            return (alternate ? text.substring(0, mark) : withoutZeros(text.substring(0, mark))) + text.substring(mark);
        }
        String text = fixed(value, precision - 1 - exponent, alternate);
        return alternate ? text : withoutZeros(text);
    }

    private static String withoutZeros(String text) {
        if (text.indexOf('.') < 0) {
            return text;
        }
        int end = text.length();
        while (text.charAt(end - 1) == '0') {
            end--;
        }
        return text.substring(0, text.charAt(end - 1) == '.' ? end - 1 : end);
    }

    /// `round(value, digits)` of Python.
    static double round(double value, int digits, Budget budget) {
        if (!Double.isFinite(value) || digits > LONGEST) {
            return value;
        }
        if (digits < -LONGEST) {
            return Math.copySign(0.0, value);
        }
        spendOnDecimals(value, budget);
        double rounded =
                new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).doubleValue();
        if (Double.isInfinite(rounded)) {
            throw PyError.arithmetic("rounded value too large to represent");
        }
        return Math.copySign(rounded, value);
    }
}
