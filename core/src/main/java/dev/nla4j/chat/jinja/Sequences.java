package dev.nla4j.chat.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// Walking, measuring, subscripting and slicing.
final class Sequences {
    private Sequences() {}

    static boolean isTrue(Value value) {
        return switch (value) {
            case PyText text -> !text.chars().isEmpty();
            case PyInt number -> number.value().signum() != 0;
            case PyFloat number -> number.value() != 0;
            case PyBool bool -> bool == PyBool.TRUE;
            case PyNone _, PyUndefined _ -> false;
            case PyList list -> !list.items().isEmpty();
            case PyTuple tuple -> !tuple.items().isEmpty();
            case PyDict dict -> dict.size() > 0;
            case PyDictView view -> view.dict().size() > 0;
            case PyRange range -> range.length() > 0;
            case PyIterator _ -> true;
            case PyObject object -> object.length() != 0;
        };
    }

    /// `len()`, or -1 for what has none.
    static int lengthOrNone(Value value) {
        return switch (value) {
            case PyText text -> text.length();
            case PyUndefined _ -> 0;
            case PyList list -> list.items().size();
            case PyTuple tuple -> tuple.items().size();
            case PyDict dict -> dict.size();
            case PyDictView view -> view.dict().size();
            case PyRange range -> range.length();
            case PyObject object -> object.length();
            case PyInt _, PyFloat _, PyBool _, PyNone _, PyIterator _ -> -1;
        };
    }

    static int length(Value value, Budget budget) {
        if (value instanceof PyText text) {
            budget.read(text.chars().length());
        }
        int length = lengthOrNone(value);
        if (length < 0) {
            throw PyError.type("object of type '" + value.typeName() + "' has no len()");
        }
        return length;
    }

    static boolean isIterable(Value value) {
        return value instanceof PyText || iteratorOrNull(value) != null;
    }

    /// Walks `value`; every item costs a step.
    static Iterator<Value> iterate(Value value, Budget budget) {
        if (value instanceof PyText text) {
            return characters(text.chars(), budget);
        }
        Iterator<Value> items = iteratorOrNull(value);
        if (items == null) {
            throw PyError.type("'" + value.typeName() + "' object is not iterable");
        }
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return items.hasNext();
            }

            @Override
            public Value next() {
                budget.step();
                return items.next();
            }
        };
    }

    private static @Nullable Iterator<Value> iteratorOrNull(Value value) {
        return switch (value) {
            case PyUndefined _ -> List.<Value>of().iterator();
            case PyList list -> list.items().iterator();
            case PyTuple tuple -> tuple.items().iterator();
            case PyDict dict -> new PyDictView(dict, PyDictView.Part.KEYS).iterator();
            case PyDictView view -> view.iterator();
            case PyRange range -> range.items().iterator();
            case PyIterator iterator -> iterator.remaining();
            case PyObject object -> object.iterator();
            case PyText _, PyInt _, PyFloat _, PyBool _, PyNone _ -> null;
        };
    }

    private static Iterator<Value> characters(String chars, Budget budget) {
        return new Iterator<>() {
            private int at;

            @Override
            public boolean hasNext() {
                return at < chars.length();
            }

            @Override
            public Value next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                budget.step();
                int end = chars.offsetByCodePoints(at, 1);
                PyText character = PyText.of(chars.substring(at, end));
                at = end;
                return character;
            }
        };
    }

    /// All items of `value`.
    static List<Value> list(Value value, Budget budget) {
        List<Value> items = new ArrayList<>();
        Iterator<Value> iterator = iterate(value, budget);
        while (iterator.hasNext()) {
            items.add(iterator.next());
        }
        budget.items(items.size());
        return items;
    }

    /// `item in container`.
    static boolean contains(Value container, Value item, Budget budget) {
        return switch (container) {
            case PyText text -> {
                if (!(item instanceof PyText part)) {
                    throw PyError.type("'in <string>' requires string as left operand, not " + item.typeName());
                }
                yield TextSearch.indexOf(text.chars(), part.chars(), 0, budget) >= 0;
            }
            case PyDict dict -> dict.get(item, budget) != null;
            case PyDictView(PyDict dict, PyDictView.Part part)
            when part == PyDictView.Part.KEYS -> dict.get(item, budget) != null;
            case PyInt _, PyFloat _, PyBool _, PyNone _ -> throw notAContainer(container);
            case PyObject object when object.iterator() == null -> throw notAContainer(container);
            default -> {
                Iterator<Value> items = iterate(container, budget);
                while (items.hasNext()) {
                    Value candidate = items.next();
                    budget.step();
                    if (candidate == item || Comparison.equal(candidate, item, budget)) {
                        yield true;
                    }
                }
                yield false;
            }
        };
    }

    private static PyError notAContainer(Value container) {
        return PyError.type("argument of type '" + container.typeName() + "' is not iterable");
    }

    /// `container[index]` of Python itself, without Jinja's way back to attributes.
    static Value item(Value container, Value index, Budget budget) {
        return switch (container) {
            case PyUndefined undefined -> throw undefined.failure();
            case PyText text -> {
                budget.read(text.chars().length());
                int at = position(index, text.length(), "string");
                yield text.slice(at, at + 1);
            }
            case PyList list -> list.items().get(position(index, list.items().size(), "list"));
            case PyTuple tuple ->
                tuple.items().get(position(index, tuple.items().size(), "tuple"));
            case PyRange range -> range.at(position(index, range.length(), "range object"));
            case PyDict dict -> {
                Value found = dict.get(index, budget);
                if (found == null) {
                    throw PyError.lookup("no such key");
                }
                yield found;
            }
            case PyInt _, PyFloat _, PyBool _, PyNone _, PyDictView _, PyIterator _, PyObject _ ->
                throw PyError.type("'" + container.typeName() + "' object is not subscriptable");
        };
    }

    private static int position(Value index, int length, String what) {
        if (Numbers.integer(index) == null) {
            throw PyError.type(what + " indices must be integers, not " + index.typeName());
        }
        int at = Numbers.toIndex(index);
        if (at < 0) {
            at += length;
        }
        if (at < 0 || at >= length) {
            throw PyError.lookup(what + " index out of range");
        }
        return at;
    }

    /// `container[start:stop:step]`; an absent part is [PyNone].
    static Value slice(Value container, Value start, Value stop, Value step, Budget budget) {
        return switch (container) {
            case PyUndefined undefined -> throw undefined.failure();
            case PyText text -> sliceText(text, start, stop, step, budget);
            case PyList list -> new PyList(sliceItems(list.items(), start, stop, step, budget));
            case PyTuple tuple -> new PyTuple(sliceItems(tuple.items(), start, stop, step, budget));
            case PyRange range -> {
                Bounds bounds = Bounds.of(start, stop, step, range.length());
                yield PyRange.of(
                        range.at(bounds.start()).value(),
                        range.at(bounds.stop()).value(),
                        range.step().multiply(BigInteger.valueOf(bounds.step())));
            }
            case PyDict _ -> throw PyError.type("unhashable type: 'slice'");
            case PyInt _, PyFloat _, PyBool _, PyNone _, PyDictView _, PyIterator _, PyObject _ ->
                throw PyError.type("'" + container.typeName() + "' object is not subscriptable");
        };
    }

    private static List<Value> sliceItems(List<Value> items, Value start, Value stop, Value step, Budget budget) {
        Bounds bounds = Bounds.of(start, stop, step, items.size());
        budget.items(bounds.count());
        List<Value> result = new ArrayList<>(bounds.count());
        for (int i = 0; i < bounds.count(); i++) {
            result.add(items.get(bounds.at(i)));
        }
        return result;
    }

    private static PyText sliceText(PyText text, Value start, Value stop, Value step, Budget budget) {
        budget.read(text.chars().length());
        Bounds bounds = Bounds.of(start, stop, step, text.length());
        if (bounds.step() == 1) {
            return text.slice(bounds.start(), bounds.start() + bounds.count());
        }
        int[] points = text.chars().codePoints().toArray();
        StringBuilder result = new StringBuilder(bounds.count());
        for (int i = 0; i < bounds.count(); i++) {
            result.appendCodePoint(points[bounds.at(i)]);
        }
        return text.like(result.toString());
    }

    /// A slice fitted to a length.
    private record Bounds(int start, int stop, int step, int count) {
        static Bounds of(Value startValue, Value stopValue, Value stepValue, int length) {
            int step = stepValue == PyNone.NONE ? 1 : index(stepValue);
            if (step == 0) {
                throw PyError.value("slice step cannot be zero");
            }
            // -MAX_VALUE instead of MIN_VALUE: it must survive a change of sign
            step = Math.max(step, -Integer.MAX_VALUE);
            int lowest = step < 0 ? -1 : 0;
            int highest = step < 0 ? length - 1 : length;
            int start = startValue == PyNone.NONE ? (step < 0 ? highest : lowest) : fit(startValue, length, step);
            int stop = stopValue == PyNone.NONE ? (step < 0 ? lowest : highest) : fit(stopValue, length, step);
            long distance = step < 0 ? (long) start - stop : (long) stop - start;
            long count = distance <= 0 ? 0 : (distance - 1) / Math.abs(step) + 1;
            return new Bounds(start, stop, step, (int) count);
        }

        private static int index(Value value) {
            if (Numbers.integer(value) == null) {
                throw PyError.type("slice indices must be integers or None");
            }
            return Numbers.toIndex(value);
        }

        private static int fit(Value value, int length, int step) {
            long at = index(value);
            if (at < 0) {
                at += length;
            }
            int lowest = step < 0 ? -1 : 0;
            int highest = step < 0 ? length - 1 : length;
            return Math.clamp(at, lowest, highest);
        }

        int at(int i) {
            return start + i * step;
        }
    }
}
