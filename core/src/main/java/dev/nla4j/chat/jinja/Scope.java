package dev.nla4j.chat.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The variables of a running frame. A name without a value yet is there with null.
final class Scope {
    /// Whether what a frame prints is escaped for HTML; it depends on where the frame stands in the template.
    enum Escaping {
        OFF,
        ON,
        /// As the runtime flag says.
        VOLATILE
    }

    private final @Nullable Scope parent;
    private final Escaping escaping;
    private final Map<String, @Nullable Value> values = new HashMap<>();

    private Scope(@Nullable Scope parent, Escaping escaping) {
        this.parent = parent;
        this.escaping = escaping;
    }

    static Scope root() {
        return new Scope(null, Escaping.OFF);
    }

    Scope inner() {
        return new Scope(this, escaping);
    }

    Scope inner(Escaping inside) {
        return new Scope(this, inside);
    }

    Escaping escaping() {
        return escaping;
    }

    /// Gives the frame's names the values they have at its start.
    ///
    /// @param passed what a name means that no frame sets
    void enter(Map<String, Symbols.Load> names, Map<String, Value> passed, Budget budget) {
        budget.spend(names.size());
        names.forEach((name, load) -> {
            switch (load) {
                case PARAMETER -> values.putIfAbsent(name, null);
                case RESOLVE -> values.put(name, passed.get(name));
                case ALIAS -> values.put(name, parent == null ? null : parent.get(name));
                case UNDEFINED -> values.put(name, null);
            }
        });
    }

    /// Forgets all values: a macro made here that is called later finds none of them.
    void leave() {
        values.replaceAll((name, value) -> null);
    }

    @Nullable
    Value get(String name) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            Value value = scope.values.get(name);
            if (value != null || scope.values.containsKey(name)) {
                return value;
            }
        }
        return null;
    }

    boolean knows(String name) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            if (scope.values.containsKey(name)) {
                return true;
            }
        }
        return false;
    }

    void set(String name, @Nullable Value value) {
        values.put(name, value);
    }
}
