package dev.nla4j.chat.jinja;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Filters that apply another filter, or a test, to every item.
final class SelectionFilters {
    private SelectionFilters() {}

    static void addTo(Map<String, Filters.Body> filters) {
        filters.put("map", SelectionFilters::map);
        filters.put("select", (arguments, in) -> select(arguments, in, false, true));
        filters.put("reject", (arguments, in) -> select(arguments, in, false, false));
        filters.put("selectattr", (arguments, in) -> select(arguments, in, true, true));
        filters.put("rejectattr", (arguments, in) -> select(arguments, in, true, false));
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
            List<Value> steps = Access.steps(bound.at(0), in.budget());
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
                (items, test) -> Lazy.kept(items, item -> test.test(item) == wanted));
    }

    private static Predicate<Value> testing(Arguments arguments, Interpreter in, boolean byAttribute) {
        List<Value> positional = arguments.positional();
        if (byAttribute && positional.isEmpty()) {
            throw PyError.runtime("Missing parameter for attribute name");
        }
        List<Value> steps = byAttribute ? Access.steps(positional.get(0), in.budget()) : List.of();
        int offset = byAttribute ? 1 : 0;
        Function<Value, Value> subject = item -> Access.path(item, steps, null, in.budget());
        if (positional.size() <= offset) {
            return item -> Sequences.isTrue(subject.apply(item));
        }
        String name = called("test", positional.get(offset), in);
        Arguments passed = arguments.from(offset + 1);
        return item -> Sequences.isTrue(Tests.apply(name, passed.after(subject.apply(item)), in.budget()));
    }
}
