package dev.nla4j.chat.jinja;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A map in the order its keys came first, with Python's equality of keys (1, 1.0 and true are one key).
final class PyDict implements Value {
    private final Map<Key, Value> entries;

    PyDict(Map<Key, Value> entries) {
        this.entries = entries;
    }

    static PyDict of(Map<String, Value> entries, Budget budget) {
        Map<Key, Value> keyed = new LinkedHashMap<>();
        entries.forEach((name, value) -> keyed.put(new Key(PyText.of(name), budget), value));
        return new PyDict(keyed);
    }

    Map<Key, Value> entries() {
        return entries;
    }

    @Nullable
    Value get(Value key, Budget budget) {
        return entries.get(new Key(key, budget));
    }

    int size() {
        return entries.size();
    }

    @Override
    public String typeName() {
        return "dict";
    }
}
