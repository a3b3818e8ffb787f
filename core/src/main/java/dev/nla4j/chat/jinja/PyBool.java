package dev.nla4j.chat.jinja;

import java.math.BigInteger;

enum PyBool implements Value {
    FALSE,
    TRUE;

    static PyBool of(boolean value) {
        return value ? TRUE : FALSE;
    }

    BigInteger asInteger() {
        return this == TRUE ? BigInteger.ONE : BigInteger.ZERO;
    }

    @Override
    public String typeName() {
        return "bool";
    }
}
