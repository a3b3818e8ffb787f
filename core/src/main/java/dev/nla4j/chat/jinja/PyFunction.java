package dev.nla4j.chat.jinja;

import java.util.function.Function;

/// A function of the fixed list, or a method bound to its value.
record PyFunction(String typeName, String name, Function<Arguments, Value> body) implements PyObject {
    static PyFunction function(String name, Function<Arguments, Value> body) {
        return new PyFunction("function", name, body);
    }

    static PyFunction method(String name, Function<Arguments, Value> body) {
        return new PyFunction("builtin_function_or_method", name, body);
    }

    @Override
    public String display(Budget budget) {
        return "<function " + name + ">";
    }

    @Override
    public boolean isCallable() {
        return true;
    }

    @Override
    public Value call(Arguments arguments) {
        return body.apply(arguments);
    }
}
