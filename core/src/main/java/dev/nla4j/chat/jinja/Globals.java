package dev.nla4j.chat.jinja;

import java.math.BigInteger;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The functions that templates find without being given them: Jinja's own and the two of transformers.
final class Globals {
    private Globals() {}

    static Map<String, Value> of(Budget budget, LocalDateTime now) {
        Map<String, Value> globals = new HashMap<>();
        add(globals, PyFunction.function("range", arguments -> range(arguments)));
        add(globals, PyFunction.function("namespace", arguments -> namespace(arguments, budget)));
        add(globals, PyFunction.function("cycler", arguments -> {
            if (!arguments.named().isEmpty()) {
                throw PyError.type("cycler() takes no keyword arguments");
            }
            return new Cycler(arguments.positional());
        }));
        add(
                globals,
                PyFunction.function(
                        "joiner",
                        arguments ->
                                new Joiner(arguments.bind("joiner", 0, "sep").or(0, PyText.of(", ")))));
        add(globals, PyFunction.function("lipsum", _ -> {
            throw PyError.runtime("lipsum is not supported because a rendering must be reproducible");
        }));
        add(globals, PyFunction.function("raise_exception", arguments -> {
            Value message = arguments.bind("raise_exception", 1, "message").at(0);
            throw new PyError(PyError.Kind.RAISED, Printer.str(message, budget));
        }));
        add(globals, PyFunction.function("strftime_now", arguments -> {
            String format = arguments.bind("strftime_now", 1, "format").text(0).chars();
            return PyText.of(Strftime.format(format, now, budget));
        }));
        globals.put("dict", new DictFunction(budget));
        return globals;
    }

    private static void add(Map<String, Value> globals, PyFunction function) {
        globals.put(function.name(), function);
    }

    private static Value range(Arguments arguments) {
        Arguments.Bound bound = arguments.bindPlaces("range", 1, 3);
        if (bound.get(1) == null) {
            return PyRange.of(BigInteger.ZERO, integer(bound.at(0)), BigInteger.ONE);
        }
        BigInteger step = bound.get(2) == null ? BigInteger.ONE : integer(bound.at(2));
        return PyRange.of(integer(bound.at(0)), integer(bound.at(1)), step);
    }

    private static BigInteger integer(Value value) {
        BigInteger integer = Numbers.integer(value);
        if (integer == null) {
            throw PyError.type("'" + value.typeName() + "' object cannot be interpreted as an integer");
        }
        return integer;
    }

    private static Namespace namespace(Arguments arguments, Budget budget) {
        Map<String, Value> attributes = new LinkedHashMap<>();
        dict(arguments, budget).entries().forEach((key, value) -> {
            if (!(key.value() instanceof PyText name)) {
                throw PyError.type("names of a namespace must be strings");
            }
            attributes.put(name.chars(), value);
        });
        return new Namespace(attributes);
    }

    /// `dict(...)`.
    private static PyDict dict(Arguments arguments, Budget budget) {
        if (arguments.positional().size() > 1) {
            throw PyError.type("dict expected at most 1 argument, got "
                    + arguments.positional().size());
        }
        Map<Key, Value> entries = new LinkedHashMap<>();
        for (Value source : arguments.positional()) {
            if (source instanceof PyDict dict) {
                budget.items(dict.size());
                entries.putAll(dict.entries());
                continue;
            }
            for (Value pair : Sequences.list(source, budget)) {
                List<Value> parts = Sequences.list(pair, budget);
                if (parts.size() != 2) {
                    throw PyError.value(
                            "dictionary update sequence element has length " + parts.size() + "; 2 is required");
                }
                entries.put(new Key(parts.get(0), budget), parts.get(1));
            }
        }
        arguments.named().forEach((name, value) -> entries.put(new Key(PyText.of(name), budget), value));
        return new PyDict(entries);
    }

    /// `dict(...)` and `dict.fromkeys(...)`.
    private record DictFunction(Budget budget) implements PyObject {
        @Override
        public String typeName() {
            return "dict";
        }

        @Override
        public boolean isCallable() {
            return true;
        }

        @Override
        public Value call(Arguments arguments) {
            return Globals.dict(arguments, budget);
        }

        @Override
        public @Nullable Value attribute(String name) {
            return name.equals("fromkeys") ? Attributes.fromKeys(budget) : null;
        }
    }
}
