package dev.nla4j.chat.jinja;

import java.math.BigInteger;
import java.util.AbstractList;
import java.util.List;

/// An arithmetic progression of a bounded number of integers.
record PyRange(BigInteger start, BigInteger stop, BigInteger step, int length) implements Value {
    /// As in the sandbox of Jinja2.
    private static final BigInteger LONGEST = BigInteger.valueOf(100_000);

    static PyRange of(BigInteger start, BigInteger stop, BigInteger step) {
        if (step.signum() == 0) {
            throw PyError.value("range() arg 3 must not be zero");
        }
        BigInteger distance = step.signum() > 0 ? stop.subtract(start) : start.subtract(stop);
        BigInteger length = distance.signum() <= 0
                ? BigInteger.ZERO
                : distance.subtract(BigInteger.ONE).divide(step.abs()).add(BigInteger.ONE);
        if (length.compareTo(LONGEST) > 0) {
            throw new PyError(PyError.Kind.LIMIT, "range of more than " + LONGEST + " items");
        }
        return new PyRange(start, stop, step, length.intValue());
    }

    PyInt at(int index) {
        return new PyInt(start.add(step.multiply(BigInteger.valueOf(index))));
    }

    List<Value> items() {
        return new AbstractList<>() {
            @Override
            public Value get(int index) {
                return at(index);
            }

            @Override
            public int size() {
                return length;
            }
        };
    }

    @Override
    public String typeName() {
        return "range";
    }
}
