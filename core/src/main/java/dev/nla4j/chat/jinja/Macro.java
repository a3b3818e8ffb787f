package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A macro, or the body of a call block (whose name is null), with the scope it was made in.
///
/// @param specials which of `caller`, `kwargs` and `varargs` the body uses
record Macro(
        Interpreter interpreter,
        Node.Stmt node,
        @Nullable String name,
        Node.Signature signature,
        List<Node.Stmt> body,
        Set<String> specials,
        Scope scope)
        implements PyObject {
    @Override
    public String typeName() {
        return "Macro";
    }

    @Override
    public String display(Budget budget) {
        return "<Macro " + (name == null ? "anonymous" : Printer.quoted(name)) + ">";
    }

    @Override
    public boolean isCallable() {
        return true;
    }

    @Override
    public @Nullable Value attribute(String attribute) {
        return switch (attribute) {
            case "name" -> name == null ? PyNone.NONE : PyText.of(name);
            case "arguments" ->
                new PyTuple(
                        signature.parameters().stream().<Value>map(PyText::of).toList());
            case "catch_kwargs" -> PyBool.of(catches("kwargs"));
            case "catch_varargs" -> PyBool.of(catches("varargs"));
            case "caller" -> PyBool.of(specials.contains("caller"));
            case "explicit_caller" -> PyBool.of(signature.parameters().contains("caller"));
            default -> null;
        };
    }

    private boolean catches(String special) {
        return specials.contains(special) && !signature.parameters().contains(special);
    }

    @Override
    public Value call(Arguments arguments) {
        Map<String, @Nullable Value> values = new LinkedHashMap<>();
        Map<String, Value> named = new LinkedHashMap<>(arguments.named());
        List<Value> positional = arguments.positional();
        List<String> parameters = signature.parameters();
        boolean callerFound = positional.size() >= parameters.size() && parameters.contains("caller");
        for (int i = 0; i < parameters.size(); i++) {
            String parameter = parameters.get(i);
            if (i < positional.size()) {
                values.put(parameter, positional.get(i));
            } else {
                callerFound |= parameter.equals("caller");
                values.put(parameter, named.remove(parameter));
            }
        }
        if (specials.contains("caller") && !callerFound) {
            Value caller = named.remove("caller");
            values.put(
                    "caller",
                    caller == null || caller == PyNone.NONE ? PyUndefined.because("No caller defined") : caller);
        }
        if (catches("kwargs")) {
            values.put("kwargs", PyDict.of(named, interpreter.budget()));
        } else if (!named.isEmpty()) {
            throw PyError.type("macro " + shownName() + " takes no keyword argument "
                    + Printer.quoted(named.keySet().iterator().next()));
        }
        if (catches("varargs")) {
            int start = Math.min(parameters.size(), positional.size());
            values.put("varargs", new PyTuple(new ArrayList<>(positional.subList(start, positional.size()))));
        } else if (positional.size() > parameters.size()) {
            throw PyError.type("macro " + shownName() + " takes not more than " + parameters.size() + " argument(s)");
        }
        return interpreter.invoke(this, values);
    }

    private String shownName() {
        return name == null ? "None" : Printer.quoted(name);
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
