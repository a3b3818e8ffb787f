package dev.nla4j.chat.jinja;

import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// An object that Jinja makes: a macro, a loop, a namespace, a method, a function. The defaults are those of a Python
/// object that has nothing.
non-sealed interface PyObject extends Value {
    /// What the object prints as.
    default String display(Budget budget) {
        return "<" + typeName() + " object>";
    }

    default @Nullable Value attribute(String name) {
        return null;
    }

    default boolean isCallable() {
        return false;
    }

    default Value call(Arguments arguments) {
        throw PyError.type("'" + typeName() + "' object is not callable");
    }

    /// What a loop over the object walks, or null when it can't be walked.
    default @Nullable Iterator<Value> iterator() {
        return null;
    }

    /// `len()` of the object, or -1 when it has none.
    default int length() {
        return -1;
    }
}
