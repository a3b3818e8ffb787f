package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.Iterator;
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
        iterator().forEachRemaining(items::add);
        return items;
    }

    Iterator<Value> iterator() {
        Iterator<Map.Entry<Key, Value>> entries = dict.entries().entrySet().iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return entries.hasNext();
            }

            @Override
            public Value next() {
                Map.Entry<Key, Value> entry = entries.next();
                Value key = entry.getKey().value();
                return switch (part) {
                    case KEYS -> key;
                    case VALUES -> entry.getValue();
                    case ITEMS -> PyTuple.pair(key, entry.getValue());
                };
            }
        };
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
