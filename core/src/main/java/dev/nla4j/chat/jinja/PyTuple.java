package dev.nla4j.chat.jinja;

import java.util.Collections;
import java.util.List;

/// @param fields names of the items for a named tuple, else empty
record PyTuple(List<Value> items, List<String> fields) implements Value {
    PyTuple {
        items = Collections.unmodifiableList(items);
    }

    PyTuple(List<Value> items) {
        this(items, List.of());
    }

    static PyTuple pair(Value first, Value second) {
        return new PyTuple(List.of(first, second));
    }

    @Override
    public String typeName() {
        return "tuple";
    }
}
