package dev.nla4j.chat.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Gives its items one after the other, again and again.
final class Cycler implements PyObject {
    private final List<Value> items;
    private int at;

    Cycler(List<Value> items) {
        if (items.isEmpty()) {
            throw PyError.runtime("at least one item has to be provided");
        }
        this.items = items;
    }

    @Override
    public @Nullable Value attribute(String name) {
        return switch (name) {
            case "current" -> items.get(at);
            case "items" -> new PyTuple(items);
            case "pos" -> PyInt.of(at);
            case "next" ->
                PyFunction.method(name, arguments -> {
                    arguments.bindPlaces(name, 0, 0);
                    Value current = items.get(at);
                    at = (at + 1) % items.size();
                    return current;
                });
            case "reset" ->
                PyFunction.method(name, arguments -> {
                    arguments.bindPlaces(name, 0, 0);
                    at = 0;
                    return PyNone.NONE;
                });
            default -> null;
        };
    }

    @Override
    public String typeName() {
        return "Cycler";
    }
}
