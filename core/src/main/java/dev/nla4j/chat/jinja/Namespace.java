package dev.nla4j.chat.jinja;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The one object whose attributes a template may set.
record Namespace(Map<String, Value> attributes) implements PyObject {
    Namespace {
        attributes.keySet().forEach(Namespace::requirePublic);
    }

    void set(String name, Value value) {
        requirePublic(name);
        attributes.put(name, value);
    }

    private static void requirePublic(String name) {
        if (name.startsWith("_")) {
            throw new PyError(
                    PyError.Kind.SECURITY,
                    "templates cannot store attributes that begin with an underscore on a namespace, but got "
                            + Printer.quoted(name));
        }
    }

    @Override
    public @Nullable Value attribute(String name) {
        return attributes.get(name);
    }

    @Override
    public String typeName() {
        return "Namespace";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
