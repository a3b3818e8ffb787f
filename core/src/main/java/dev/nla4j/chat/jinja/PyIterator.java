package dev.nla4j.chat.jinja;

import java.util.Iterator;

/// What lazy filters such as `map` and `select` return: it can be walked once.
record PyIterator(String typeName, Iterator<Value> remaining) implements Value {
    static PyIterator generator(Iterator<Value> remaining) {
        return new PyIterator("generator", remaining);
    }
}
