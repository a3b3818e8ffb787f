package dev.nla4j.chat.jinja;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;

/// `str.translate` and its tables.
final class Translation {
    private Translation() {}

    static Value translate(PyText self, Arguments arguments, Budget budget) {
        Value table = arguments.bindPlaces("translate", 1, 1).at(0);
        StringBuilder out = new StringBuilder();
        for (int c : self.chars().codePoints().toArray()) {
            Value mapped = translated(table, c, budget);
            if (mapped instanceof PyText text) {
                budget.grown(
                        out.length() + (long) text.chars().length(),
                        text.chars().length());
                out.append(text.chars());
            } else if (mapped != PyNone.NONE) {
                int point = Numbers.toIndex(mapped);
                if (!Character.isValidCodePoint(point)) {
                    throw PyError.value("character mapping must be in range(0x110000)");
                }
                out.appendCodePoint(point);
            }
        }
        budget.chars(out.length());
        return self.like(out.toString());
    }

    private static Value translated(Value table, int c, Budget budget) {
        try {
            return Sequences.item(table, PyInt.of(c), budget);
        } catch (PyError e) {
            if (e.kind() == PyError.Kind.LOOKUP) {
                return PyInt.of(c);
            }
            throw e;
        }
    }

    static Value table(Arguments arguments, Budget budget) {
        Arguments.Bound bound = arguments.bindPlaces("maketrans", 1, 3);
        Map<Key, Value> table = new LinkedHashMap<>();
        if (bound.get(1) == null) {
            if (!(bound.at(0) instanceof PyDict dict)) {
                throw PyError.type("if you give only one argument to maketrans it must be a dict");
            }
            dict.entries().forEach((key, value) -> table.put(new Key(point(key.value()), budget), value));
            return new PyDict(table);
        }
        int[] from = bound.text(0).chars().codePoints().toArray();
        int[] to = bound.text(1).chars().codePoints().toArray();
        if (from.length != to.length) {
            throw PyError.value("the first two maketrans arguments must have equal length");
        }
        for (int i = 0; i < from.length; i++) {
            table.put(new Key(PyInt.of(from[i]), budget), PyInt.of(to[i]));
        }
        if (bound.get(2) != null) {
            bound.text(2).chars().codePoints().forEach(c -> table.put(new Key(PyInt.of(c), budget), PyNone.NONE));
        }
        return new PyDict(table);
    }

    private static Value point(Value key) {
        if (key instanceof PyText text && text.length() == 1) {
            return PyInt.of(text.chars().codePointAt(0));
        }
        BigInteger number = Numbers.integer(key);
        if (number == null) {
            throw PyError.value("keys in translate table must be integers or strings of length 1");
        }
        return new PyInt(number);
    }
}
