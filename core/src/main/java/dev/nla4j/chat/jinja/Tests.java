package dev.nla4j.chat.jinja;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/// All tests (what stands behind `is`), by name.
final class Tests {
    private interface Body {
        boolean test(Arguments arguments, Budget budget);
    }

    private static final Map<String, Body> ALL = new HashMap<>();

    static {
        ofValue("defined", value -> !(value instanceof PyUndefined));
        ofValue("undefined", value -> value instanceof PyUndefined);
        ofValue("none", value -> value == PyNone.NONE);
        ofValue("boolean", value -> value instanceof PyBool);
        ofValue("true", value -> value == PyBool.TRUE);
        ofValue("false", value -> value == PyBool.FALSE);
        ofValue("integer", value -> value instanceof PyInt);
        ofValue("float", value -> value instanceof PyFloat);
        ofValue("number", Numbers::isNumber);
        ofValue("string", value -> value instanceof PyText);
        ofValue("mapping", value -> value instanceof PyDict);
        ofValue("sequence", Tests::isSequence);
        ofValue("iterable", Sequences::isIterable);
        ofValue("callable", Tests::isCallable);
        ofValue("escaped", value -> value instanceof PyText text && text.isMarkup());
        ALL.put("lower", (arguments, budget) -> TextCase.isLower(text("lower", arguments, budget)));
        ALL.put("upper", (arguments, budget) -> TextCase.isUpper(text("upper", arguments, budget)));
        ALL.put("odd", (arguments, budget) -> hasRest(1, "odd", arguments, budget));
        ALL.put("even", (arguments, budget) -> hasRest(0, "even", arguments, budget));
        ALL.put("divisibleby", (arguments, budget) -> {
            Arguments.Bound bound = arguments.bind("divisibleby", 2, "value", "num");
            return isNumber(0, Operators.modulo(bound.at(0), bound.at(1), budget), budget);
        });
        ALL.put("filter", (arguments, budget) -> named("filter", arguments, budget, Filters::isKnown));
        ALL.put("test", (arguments, budget) -> named("test", arguments, budget, Tests::isKnown));
        ALL.put("sameas", (arguments, _) -> {
            Arguments.Bound bound = arguments.bind("sameas", 2, "value", "other");
            return Comparison.same(bound.at(0), bound.at(1));
        });
        ALL.put("in", (arguments, budget) -> {
            Arguments.Bound bound = arguments.bind("in", 2, "value", "seq");
            return Sequences.contains(bound.at(1), bound.at(0), budget);
        });
        comparing("==", "==", "eq", "equalto");
        comparing("!=", "!=", "ne");
        comparing(">", ">", "gt", "greaterthan");
        comparing(">=", ">=", "ge");
        comparing("<", "<", "lt", "lessthan");
        comparing("<=", "<=", "le");
    }

    private Tests() {}

    static boolean isKnown(String name) {
        return ALL.containsKey(name);
    }

    /// @param arguments the tested value first
    static PyBool apply(String name, Arguments arguments, Budget budget) {
        Body body = ALL.get(name);
        if (body == null) {
            throw PyError.runtime("No test named " + Printer.quoted(name) + ".");
        }
        budget.step();
        return PyBool.of(body.test(arguments, budget));
    }

    private static void ofValue(String name, Predicate<Value> test) {
        ALL.put(
                name,
                (arguments, _) -> test.test(arguments.bind(name, 1, "value").at(0)));
    }

    private static void comparing(String operator, String... names) {
        for (String name : names) {
            ALL.put(name, (arguments, budget) -> {
                Arguments.Bound bound = arguments.bindPlaces(name, 2, 2);
                return Operators.compare(operator, bound.at(0), bound.at(1), budget);
            });
        }
    }

    private static String text(String name, Arguments arguments, Budget budget) {
        String text = Printer.str(arguments.bind(name, 1, "value").at(0), budget);
        budget.read(text.length());
        return text;
    }

    private static boolean hasRest(int rest, String name, Arguments arguments, Budget budget) {
        Value value = arguments.bind(name, 1, "value").at(0);
        return isNumber(rest, Operators.modulo(value, PyInt.of(2), budget), budget);
    }

    private static boolean isNumber(int expected, Value value, Budget budget) {
        return Comparison.equal(value, new PyInt(BigInteger.valueOf(expected)), budget);
    }

    private static boolean named(String what, Arguments arguments, Budget budget, Predicate<String> known) {
        Value name = arguments.bind(what, 1, "value").at(0);
        if (name instanceof PyText text) {
            return known.test(text.chars());
        }
        // asking a map for what can't be a key is an error
        Comparison.hash(name, budget);
        return false;
    }

    private static boolean isSequence(Value value) {
        return switch (value) {
            case PyText _, PyUndefined _, PyList _, PyTuple _, PyDict _, PyRange _ -> true;
            case PyInt _, PyFloat _, PyBool _, PyNone _, PyDictView _, PyIterator _, PyObject _ -> false;
        };
    }

    private static boolean isCallable(Value value) {
        return value instanceof PyUndefined || (value instanceof PyObject object && object.isCallable());
    }
}
