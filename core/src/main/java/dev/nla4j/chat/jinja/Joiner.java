package dev.nla4j.chat.jinja;

import org.jspecify.annotations.Nullable;

/// Nothing at the first call, its separator at all others.
final class Joiner implements PyObject {
    private final Value separator;
    private boolean used;

    Joiner(Value separator) {
        this.separator = separator;
    }

    @Override
    public @Nullable Value attribute(String name) {
        return switch (name) {
            case "sep" -> separator;
            case "used" -> PyBool.of(used);
            default -> null;
        };
    }

    @Override
    public boolean isCallable() {
        return true;
    }

    @Override
    public Value call(Arguments arguments) {
        arguments.bindPlaces("joiner", 0, 0);
        Value result = used ? separator : PyText.EMPTY;
        used = true;
        return result;
    }

    @Override
    public String typeName() {
        return "Joiner";
    }
}
