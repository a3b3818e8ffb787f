package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Filters of lists, maps and whatever else can be walked.
final class SequenceFilters {
    private SequenceFilters() {}

    static void addTo(Map<String, Filters.Body> filters) {
        filters.put("length", SequenceFilters::length);
        filters.put("count", SequenceFilters::length);
        filters.put(
                "list",
                (arguments, in) -> new PyList(
                        Sequences.list(arguments.bind("list", 1, "value").at(0), in.budget())));
        filters.put("first", SequenceFilters::first);
        filters.put("last", SequenceFilters::last);
        filters.put("reverse", SequenceFilters::reverse);
        filters.put("sum", SequenceFilters::sum);
        filters.put("batch", SequenceFilters::batch);
        filters.put("slice", SequenceFilters::slice);
        filters.put("items", SequenceFilters::items);
        filters.put("default", SequenceFilters::byDefault);
        filters.put("d", SequenceFilters::byDefault);
        filters.put("attr", SequenceFilters::attribute);
        filters.put("random", (_, _) -> {
            throw PyError.runtime("random is not supported because a rendering must be reproducible");
        });
    }

    private static Value length(Arguments arguments, Interpreter in) {
        return PyInt.of(Sequences.length(arguments.bindPlaces("length", 1, 1).at(0), in.budget()));
    }

    private static Value first(Arguments arguments, Interpreter in) {
        Iterator<Value> items =
                Sequences.iterate(arguments.bind("first", 1, "seq").at(0), in.budget());
        return items.hasNext() ? items.next() : PyUndefined.because("No first item, sequence was empty.");
    }

    private static Value last(Arguments arguments, Interpreter in) {
        Value sequence = arguments.bind("last", 1, "seq").at(0);
        requireReversible(sequence);
        List<Value> items = Sequences.list(sequence, in.budget());
        return items.isEmpty() ? PyUndefined.because("No last item, sequence was empty.") : items.getLast();
    }

    private static boolean isReversible(Value value) {
        return switch (value) {
            case PyText _, PyUndefined _, PyList _, PyTuple _, PyDict _, PyDictView _, PyRange _ -> true;
            case PyInt _, PyFloat _, PyBool _, PyNone _, PyIterator _, PyObject _ -> false;
        };
    }

    private static void requireReversible(Value value) {
        if (!isReversible(value)) {
            throw PyError.type("'" + value.typeName() + "' object is not reversible");
        }
    }

    private static Value reverse(Arguments arguments, Interpreter in) {
        Value value = arguments.bind("reverse", 1, "value").at(0);
        Budget budget = in.budget();
        if (value instanceof PyText text) {
            return Sequences.slice(text, PyNone.NONE, PyNone.NONE, PyInt.of(-1), budget);
        }
        if (!Sequences.isIterable(value)) {
            throw PyError.runtime("argument must be iterable");
        }
        List<Value> items = Sequences.list(value, budget).reversed();
        return isReversible(value)
                ? new PyIterator(value.typeName() + "_reverseiterator", items.iterator())
                : new PyList(items);
    }

    private static Value sum(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("sum", 1, "iterable", "attribute", "start");
        Budget budget = in.budget();
        Value total = bound.or(2, PyInt.of(0));
        if (total instanceof PyText) {
            throw PyError.type("sum() can't sum strings [use ''.join(seq) instead]");
        }
        List<Value> steps = Access.steps(bound.at(1), budget);
        Iterator<Value> items = Sequences.iterate(bound.at(0), budget);
        while (items.hasNext()) {
            total = Operators.add(total, Access.path(items.next(), steps, null, budget), budget);
        }
        return total;
    }

    private static Value batch(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("batch", 2, "value", "linecount", "fill_with");
        Budget budget = in.budget();
        return Lazy.generator(budget, () -> {
            Iterator<Value> items = Sequences.iterate(bound.at(0), budget);
            return new Lazy() {
                private List<Value> row = new ArrayList<>();

                @Override
                @Nullable
                Value advance() {
                    while (items.hasNext()) {
                        Value item = items.next();
                        boolean full = Comparison.equal(PyInt.of(row.size()), bound.at(1), budget);
                        List<Value> done = row;
                        row = full ? new ArrayList<>() : row;
                        row.add(item);
                        if (full) {
                            return new PyList(done);
                        }
                    }
                    List<Value> last = row;
                    row = new ArrayList<>();
                    return last.isEmpty() ? null : new PyList(filled(last, bound, budget));
                }
            };
        });
    }

    private static List<Value> filled(List<Value> row, Arguments.Bound bound, Budget budget) {
        if (bound.isNone(2) || row.size() >= bound.index(1, 0)) {
            return row;
        }
        budget.items(bound.index(1, 0));
        while (row.size() < bound.index(1, 0)) {
            row.add(bound.at(2));
        }
        return row;
    }

    private static Value slice(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("slice", 2, "value", "slices", "fill_with");
        Budget budget = in.budget();
        return Lazy.generator(budget, () -> {
            List<Value> items = Sequences.list(bound.at(0), budget);
            int slices = bound.index(1, 0);
            if (slices == 0) {
                throw PyError.arithmetic("integer division or modulo by zero");
            }
            int size = Math.floorDiv(items.size(), slices);
            int longer = Math.floorMod(items.size(), slices);
            return new Lazy() {
                private int number;
                private int start;

                @Override
                @Nullable
                Value advance() {
                    if (number >= slices) {
                        return null;
                    }
                    budget.step();
                    int end = start + size + (number < longer ? 1 : 0);
                    List<Value> part = new ArrayList<>(items.subList(start, end));
                    if (!bound.isNone(2) && number >= longer) {
                        part.add(bound.at(2));
                    }
                    start = end;
                    number++;
                    return new PyList(part);
                }
            };
        });
    }

    private static Value items(Arguments arguments, Interpreter in) {
        Value value = arguments.bind("items", 1, "value").at(0);
        return Lazy.generator(in.budget(), () -> {
            if (value instanceof PyUndefined) {
                return List.<Value>of().iterator();
            }
            if (!(value instanceof PyDict dict)) {
                throw PyError.type("Can only get item pairs from a mapping.");
            }
            return Sequences.iterate(new PyDictView(dict, PyDictView.Part.ITEMS), in.budget());
        });
    }

    private static Value byDefault(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("default", 1, "value", "default_value", "boolean");
        boolean missing =
                bound.at(0) instanceof PyUndefined || (bound.truth(2, false) && !Sequences.isTrue(bound.at(0)));
        return missing ? bound.or(1, PyText.EMPTY) : bound.at(0);
    }

    private static Value attribute(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("attr", 2, "obj", "name");
        String name = bound.text(1).chars();
        Value found = Attributes.find(bound.at(0), name, in.budget());
        return found != null ? found : PyUndefined.attribute(bound.at(0), name);
    }
}
