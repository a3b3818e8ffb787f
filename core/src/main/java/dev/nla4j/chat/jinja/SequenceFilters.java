package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
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
        filters.put("sort", SequenceFilters::sort);
        filters.put("dictsort", SequenceFilters::dictSort);
        filters.put("unique", SequenceFilters::unique);
        filters.put("min", (arguments, in) -> extreme("min", arguments, in));
        filters.put("max", (arguments, in) -> extreme("max", arguments, in));
        filters.put("sum", SequenceFilters::sum);
        filters.put("batch", SequenceFilters::batch);
        filters.put("slice", SequenceFilters::slice);
        filters.put("groupby", SequenceFilters::groupBy);
        filters.put("items", SequenceFilters::items);
        filters.put("map", SequenceFilters::map);
        filters.put("select", (arguments, in) -> select(arguments, in, false, true));
        filters.put("reject", (arguments, in) -> select(arguments, in, false, false));
        filters.put("selectattr", (arguments, in) -> select(arguments, in, true, true));
        filters.put("rejectattr", (arguments, in) -> select(arguments, in, true, false));
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

    /// The key by which filters compare: an attribute, in lower case unless case counts.
    private static Function<Value, Value> key(Value attribute, boolean caseSensitive, Budget budget) {
        List<Value> steps = Access.steps(attribute);
        return item -> folded(Access.path(item, steps, null, budget), caseSensitive, budget);
    }

    private static Value folded(Value value, boolean caseSensitive, Budget budget) {
        if (caseSensitive || !(value instanceof PyText text)) {
            return value;
        }
        budget.chars(text.chars().length());
        return text.like(TextCase.lower(text.chars()));
    }

    private static Value sort(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("sort", 1, "value", "reverse", "case_sensitive", "attribute");
        Budget budget = in.budget();
        List<Value> attributes = new ArrayList<>();
        if (bound.at(3) instanceof PyText names) {
            TextSearch.split(names.chars(), ",", -1, budget).forEach(name -> attributes.add(PyText.of(name)));
        } else {
            attributes.add(bound.at(3));
        }
        List<Function<Value, Value>> keys = attributes.stream()
                .map(attribute -> key(attribute, bound.truth(2, false), budget))
                .toList();
        Function<Value, Value> key =
                item -> new PyList(keys.stream().map(one -> one.apply(item)).toList());
        List<Value> items = Sequences.list(bound.at(0), budget);
        return new PyList(Comparison.sorted(items, key, bound.truth(1, false), budget));
    }

    private static Value dictSort(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("dictsort", 1, "value", "case_sensitive", "by", "reverse");
        Budget budget = in.budget();
        Value by = bound.or(2, PyText.of("key"));
        boolean byKey = by instanceof PyText text && text.chars().equals("key");
        if (!byKey && !(by instanceof PyText text && text.chars().equals("value"))) {
            throw PyError.runtime("You can only sort by either \"key\" or \"value\"");
        }
        List<Value> items = Sequences.list(itemsOf(bound.at(0)), budget);
        int place = byKey ? 0 : 1;
        Function<Value, Value> key = item -> folded(((PyTuple) item).items().get(place), bound.truth(1, false), budget);
        return new PyList(Comparison.sorted(items, key, bound.truth(3, false), budget));
    }

    /// `value.items()`.
    private static Value itemsOf(Value value) {
        return switch (value) {
            case PyDict dict -> new PyDictView(dict, PyDictView.Part.ITEMS);
            case PyUndefined undefined -> throw undefined.failure();
            default -> throw PyError.type("'" + value.typeName() + "' object has no attribute 'items'");
        };
    }

    private static Value unique(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("unique", 1, "value", "case_sensitive", "attribute");
        Budget budget = in.budget();
        Function<Value, Value> key = key(bound.at(2), bound.truth(1, false), budget);
        return Lazy.generator(budget, () -> {
            Set<Key> seen = new HashSet<>();
            return kept(Sequences.iterate(bound.at(0), budget), item -> seen.add(new Key(key.apply(item), budget)));
        });
    }

    private static Lazy kept(Iterator<Value> items, Predicate<Value> wanted) {
        return new Lazy() {
            @Override
            @Nullable
            Value advance() {
                while (items.hasNext()) {
                    Value item = items.next();
                    if (wanted.test(item)) {
                        return item;
                    }
                }
                return null;
            }
        };
    }

    private static Value extreme(String name, Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind(name, 1, "value", "case_sensitive", "attribute");
        Budget budget = in.budget();
        Iterator<Value> items = Sequences.iterate(bound.at(0), budget);
        if (!items.hasNext()) {
            return PyUndefined.because("No aggregated item, sequence was empty.");
        }
        Function<Value, Value> key = key(bound.at(2), bound.truth(1, false), budget);
        Value best = items.next();
        Value bestKey = key.apply(best);
        while (items.hasNext()) {
            Value item = items.next();
            Value itemKey = key.apply(item);
            boolean better = name.equals("min")
                    ? Comparison.less(itemKey, bestKey, budget)
                    : Comparison.ordered(">", itemKey, bestKey, budget);
            if (better) {
                best = item;
                bestKey = itemKey;
            }
        }
        return best;
    }

    private static Value sum(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("sum", 1, "iterable", "attribute", "start");
        Budget budget = in.budget();
        Value total = bound.or(2, PyInt.of(0));
        if (total instanceof PyText) {
            throw PyError.type("sum() can't sum strings [use ''.join(seq) instead]");
        }
        List<Value> steps = Access.steps(bound.at(1));
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

    private static Value groupBy(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("groupby", 2, "value", "attribute", "default", "case_sensitive");
        Budget budget = in.budget();
        List<Value> steps = Access.steps(bound.at(1));
        Value fallback = bound.isNone(2) ? null : bound.at(2);
        boolean caseSensitive = bound.truth(3, false);
        Function<Value, Value> key = item -> folded(Access.path(item, steps, fallback, budget), caseSensitive, budget);
        List<Value> items = Comparison.sorted(Sequences.list(bound.at(0), budget), key, false, budget);
        List<Value> groups = new ArrayList<>();
        for (int start = 0; start < items.size(); ) {
            Value groupKey = key.apply(items.get(start));
            int end = start + 1;
            while (end < items.size() && Comparison.equal(groupKey, key.apply(items.get(end)), budget)) {
                end++;
            }
            Value shown = caseSensitive ? groupKey : Access.path(items.get(start), steps, fallback, budget);
            Value group = new PyList(new ArrayList<>(items.subList(start, end)));
            groups.add(new PyTuple(List.of(shown, group), List.of("grouper", "list")));
            start = end;
        }
        return new PyList(groups);
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

    private static Value map(Arguments arguments, Interpreter in) {
        Value value = subject("map", arguments);
        Arguments rest = arguments.from(1);
        return walk(value, in, () -> mapping(rest, in), (items, change) -> new Lazy() {
            @Override
            @Nullable
            Value advance() {
                return items.hasNext() ? change.apply(items.next()) : null;
            }
        });
    }

    private static Value subject(String name, Arguments arguments) {
        if (arguments.positional().isEmpty()) {
            throw PyError.type(name + "() missing required argument 'value'");
        }
        return arguments.positional().get(0);
    }

    /// A generator over the items of `value`, which prepares its work only when it begins and there is something to do.
    private static <T> PyIterator walk(
            Value value, Interpreter in, Supplier<T> prepare, BiFunction<Iterator<Value>, T, Iterator<Value>> start) {
        return Lazy.generator(in.budget(), () -> {
            if (!Sequences.isTrue(value)) {
                return List.<Value>of().iterator();
            }
            T prepared = prepare.get();
            return start.apply(Sequences.iterate(value, in.budget()), prepared);
        });
    }

    private static Function<Value, Value> mapping(Arguments arguments, Interpreter in) {
        if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
            Arguments.Bound bound = arguments.bind("map", 1, "attribute", "default");
            List<Value> steps = Access.steps(bound.at(0));
            Value fallback = bound.isNone(1) ? null : bound.at(1);
            return item -> Access.path(item, steps, fallback, in.budget());
        }
        if (arguments.positional().isEmpty()) {
            throw PyError.runtime("map requires a filter argument");
        }
        String name = called("filter", arguments.positional().get(0), in);
        return item -> Filters.apply(name, arguments.from(1).after(item), in);
    }

    private static String called(String what, Value name, Interpreter in) {
        if (name instanceof PyText text) {
            return text.chars();
        }
        throw PyError.runtime("No " + what + " named " + Printer.repr(name, in.budget()) + ".");
    }

    private static Value select(Arguments arguments, Interpreter in, boolean byAttribute, boolean wanted) {
        Value value = subject("select", arguments);
        Arguments rest = arguments.from(1);
        return walk(
                value,
                in,
                () -> testing(rest, in, byAttribute),
                (items, test) -> kept(items, item -> test.test(item) == wanted));
    }

    private static Predicate<Value> testing(Arguments arguments, Interpreter in, boolean byAttribute) {
        List<Value> positional = arguments.positional();
        if (byAttribute && positional.isEmpty()) {
            throw PyError.runtime("Missing parameter for attribute name");
        }
        List<Value> steps = byAttribute ? Access.steps(positional.get(0)) : List.of();
        int offset = byAttribute ? 1 : 0;
        Function<Value, Value> subject = item -> Access.path(item, steps, null, in.budget());
        if (positional.size() <= offset) {
            return item -> Sequences.isTrue(subject.apply(item));
        }
        String name = called("test", positional.get(offset), in);
        Arguments passed = arguments.from(offset + 1);
        return item -> Sequences.isTrue(Tests.apply(name, passed.after(subject.apply(item)), in.budget()));
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

    /// `dict(...)`.
    static PyDict dict(Arguments arguments, Budget budget) {
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
}
