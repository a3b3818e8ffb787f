package dev.nla4j.chat.jinja;

import java.util.Collections;
import java.util.List;

record PyList(List<Value> items) implements Value {
    PyList {
        items = Collections.unmodifiableList(items);
    }

    @Override
    public String typeName() {
        return "list";
    }
}
