package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What `keys()`, `values()` and `items()` of a map return.
record PyDictView(PyDict dict, Part part) implements Value {
    enum Part {
        KEYS,
        VALUES,
        ITEMS
    }

    List<Value> items() {
        List<Value> items = new ArrayList<>(dict.size());
        for (Map.Entry<Key, Value> entry : dict.entries().entrySet()) {
            Value key = entry.getKey().value();
            items.add(
                    switch (part) {
                        case KEYS -> key;
                        case VALUES -> entry.getValue();
                        case ITEMS -> PyTuple.pair(key, entry.getValue());
                    });
        }
        return items;
    }

    @Override
    public String typeName() {
        return switch (part) {
            case KEYS -> "dict_keys";
            case VALUES -> "dict_values";
            case ITEMS -> "dict_items";
        };
    }
}
