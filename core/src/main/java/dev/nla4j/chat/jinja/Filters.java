package dev.nla4j.chat.jinja;

import java.util.HashMap;
import java.util.Map;

/// All filters, by name.
final class Filters {
    /// A filter; its subject is the first argument.
    interface Body {
        Value apply(Arguments arguments, Interpreter interpreter);
    }

    private static final Map<String, Body> ALL = new HashMap<>();

    static {
        TextFilters.addTo(ALL);
        SequenceFilters.addTo(ALL);
        OrderFilters.addTo(ALL);
        SelectionFilters.addTo(ALL);
        NumberFilters.addTo(ALL);
        MarkupFilters.addTo(ALL);
    }

    private Filters() {}

    static boolean isKnown(String name) {
        return ALL.containsKey(name);
    }

    static Value apply(String name, Arguments arguments, Interpreter interpreter) {
        Body body = ALL.get(name);
        if (body == null) {
            throw PyError.runtime("No filter named " + Printer.quoted(name) + ".");
        }
        interpreter.budget().step();
        return body.apply(arguments, interpreter);
    }
}
