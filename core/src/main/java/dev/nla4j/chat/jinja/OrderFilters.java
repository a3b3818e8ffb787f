package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// Filters that compare items: sorting, grouping, the least and the greatest.
final class OrderFilters {
    private OrderFilters() {}

    static void addTo(Map<String, Filters.Body> filters) {
        filters.put("sort", OrderFilters::sort);
        filters.put("dictsort", OrderFilters::dictSort);
        filters.put("unique", OrderFilters::unique);
        filters.put("min", (arguments, in) -> extreme("min", arguments, in));
        filters.put("max", (arguments, in) -> extreme("max", arguments, in));
        filters.put("groupby", OrderFilters::groupBy);
    }

    /// The key by which filters compare: an attribute, in lower case unless case counts.
    private static Function<Value, Value> key(Value attribute, boolean caseSensitive, Budget budget) {
        List<Value> steps = Access.steps(attribute, budget);
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
        Function<Value, Value> key = item -> {
            budget.items(keys.size());
            return new PyList(keys.stream().map(one -> one.apply(item)).toList());
        };
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
            return Lazy.kept(
                    Sequences.iterate(bound.at(0), budget), item -> seen.add(new Key(key.apply(item), budget)));
        });
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

    private static Value groupBy(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("groupby", 2, "value", "attribute", "default", "case_sensitive");
        Budget budget = in.budget();
        List<Value> steps = Access.steps(bound.at(1), budget);
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
}
