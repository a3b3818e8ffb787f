package dev.nla4j.chat.jinja;

import java.math.BigInteger;

/// An integer of any size ([Numbers] bounds what operations may make).
record PyInt(BigInteger value) implements Value {
    static PyInt of(long value) {
        return new PyInt(BigInteger.valueOf(value));
    }

    @Override
    public String typeName() {
        return "int";
    }
}
