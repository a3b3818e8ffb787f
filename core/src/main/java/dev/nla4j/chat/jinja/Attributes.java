package dev.nla4j.chat.jinja;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What stands behind a name on a value: methods that change nothing, a few properties. What Python has and a sandbox
/// must not give is an undefined value that says so.
final class Attributes {
    private static final Set<String> LIST_CHANGERS =
            Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");
    private static final Set<String> DICT_CHANGERS = Set.of("clear", "pop", "popitem", "setdefault", "update");
    /// What every object of Python has; one of these on a map never means an item.
    private static final Set<String> OF_ALL_OBJECTS = Set.of(
            "__class__",
            "__delattr__",
            "__dir__",
            "__doc__",
            "__eq__",
            "__format__",
            "__ge__",
            "__getattribute__",
            "__getstate__",
            "__gt__",
            "__hash__",
            "__init__",
            "__init_subclass__",
            "__le__",
            "__lt__",
            "__ne__",
            "__new__",
            "__reduce__",
            "__reduce_ex__",
            "__repr__",
            "__setattr__",
            "__sizeof__",
            "__str__",
            "__subclasshook__");

    private Attributes() {}

    /// The attribute, or null when there is none.
    static @Nullable Value find(Value value, String name, Budget budget) {
        if (OF_ALL_OBJECTS.contains(name)) {
            return PyUndefined.unsafe(value, name);
        }
        return switch (value) {
            case PyUndefined undefined -> throw undefined.failure();
            case PyText text -> TextMethods.method(text, name, budget);
            case PyList list ->
                LIST_CHANGERS.contains(name)
                        ? PyUndefined.unsafe(value, name)
                        : ofItems(list, list.items(), name, budget);
            case PyTuple tuple ->
                tuple.fields().contains(name)
                        ? tuple.items().get(tuple.fields().indexOf(name))
                        : name.equals("copy") ? null : ofItems(tuple, tuple.items(), name, budget);
            case PyDict dict ->
                DICT_CHANGERS.contains(name) ? PyUndefined.unsafe(value, name) : ofDict(dict, name, budget);
            case PyRange range -> ofRange(range, name, budget);
            case PyInt number -> ofInteger(number.value(), name);
            case PyBool bool -> ofInteger(bool.asInteger(), name);
            case PyFloat number -> ofReal(number, name);
            case PyObject object -> object.attribute(name);
            case PyNone _, PyDictView _, PyIterator _ -> null;
        };
    }

    private static PyFunction method(String name, int required, int most, Function<Arguments.Bound, Value> body) {
        return PyFunction.method(name, arguments -> body.apply(arguments.bindPlaces(name, required, most)));
    }

    private static @Nullable Value ofItems(Value self, List<Value> items, String name, Budget budget) {
        return switch (name) {
            case "count" -> method(name, 1, 1, bound -> PyInt.of(count(items, bound.at(0), budget)));
            case "index" ->
                method(name, 1, 3, bound -> {
                    int size = items.size();
                    int start = fit(bound.index(1, 0), size);
                    int at = Comparison.indexOf(items, bound.at(0), start, fit(bound.index(2, size), size), budget);
                    return position(at, bound.at(0), self);
                });
            case "copy" -> method(name, 0, 0, _ -> self);
            default -> null;
        };
    }

    private static int fit(int index, int size) {
        return Math.clamp(index < 0 ? index + (long) size : index, 0, size);
    }

    private static PyInt position(int at, Value wanted, Value self) {
        if (at < 0) {
            throw PyError.value("no such " + wanted.typeName() + " in " + self.typeName());
        }
        return PyInt.of(at);
    }

    private static int count(List<Value> items, Value wanted, Budget budget) {
        int count = 0;
        for (Value item : items) {
            budget.step();
            count += item == wanted || Comparison.equal(item, wanted, budget) ? 1 : 0;
        }
        return count;
    }

    private static @Nullable Value ofDict(PyDict dict, String name, Budget budget) {
        return switch (name) {
            case "get" ->
                method(name, 1, 2, bound -> {
                    Value found = dict.get(bound.at(0), budget);
                    return found == null ? bound.at(1) : found;
                });
            case "keys" -> method(name, 0, 0, _ -> new PyDictView(dict, PyDictView.Part.KEYS));
            case "values" -> method(name, 0, 0, _ -> new PyDictView(dict, PyDictView.Part.VALUES));
            case "items" -> method(name, 0, 0, _ -> new PyDictView(dict, PyDictView.Part.ITEMS));
            case "copy" -> method(name, 0, 0, _ -> dict);
            case "fromkeys" -> fromKeys(budget);
            default -> null;
        };
    }

    static PyFunction fromKeys(Budget budget) {
        return method("fromkeys", 1, 2, bound -> {
            Map<Key, Value> entries = new LinkedHashMap<>();
            for (Value key : Sequences.list(bound.at(0), budget)) {
                entries.put(new Key(key, budget), bound.at(1));
            }
            return new PyDict(entries);
        });
    }

    private static @Nullable Value ofRange(PyRange range, String name, Budget budget) {
        return switch (name) {
            case "start" -> new PyInt(range.start());
            case "stop" -> new PyInt(range.stop());
            case "step" -> new PyInt(range.step());
            case "count", "index" -> ofItems(range, range.items(), name, budget);
            default -> null;
        };
    }

    private static @Nullable Value ofInteger(BigInteger value, String name) {
        return switch (name) {
            case "real", "numerator" -> new PyInt(value);
            case "imag" -> PyInt.of(0);
            case "denominator" -> PyInt.of(1);
            case "conjugate" -> method(name, 0, 0, _ -> new PyInt(value));
            case "bit_length" -> method(name, 0, 0, _ -> PyInt.of(value.abs().bitLength()));
            case "bit_count" -> method(name, 0, 0, _ -> PyInt.of(value.abs().bitCount()));
            case "as_integer_ratio" -> method(name, 0, 0, _ -> PyTuple.pair(new PyInt(value), PyInt.of(1)));
            default -> null;
        };
    }

    private static @Nullable Value ofReal(PyFloat number, String name) {
        double value = number.value();
        return switch (name) {
            case "real" -> number;
            case "imag" -> new PyFloat(0);
            case "conjugate" -> method(name, 0, 0, _ -> number);
            case "is_integer" ->
                method(name, 0, 0, _ -> PyBool.of(Double.isFinite(value) && value == Math.rint(value)));
            case "as_integer_ratio" -> method(name, 0, 0, _ -> Numbers.ratio(value));
            default -> null;
        };
    }
}
