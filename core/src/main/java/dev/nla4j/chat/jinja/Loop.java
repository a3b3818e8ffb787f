package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The `loop` variable. It reads ahead only when asked for what comes.
final class Loop implements PyObject, Iterator<Value> {
    private final Value iterable;
    private final Budget budget;
    private final int depth0;
    private final @Nullable Function<Value, Value> recursion;
    private Iterator<Value> remaining;
    private int index0 = -1;
    private int length = -1;
    private @Nullable Value after;
    private @Nullable Value current;
    private @Nullable Value before;
    private @Nullable List<Value> lastChanged;

    /// @param recursion renders the loop over other items, one level deeper; null when the loop isn't recursive
    Loop(Value iterable, Budget budget, int depth0, @Nullable Function<Value, Value> recursion) {
        this.iterable = iterable;
        this.budget = budget;
        this.depth0 = depth0;
        this.recursion = recursion;
        this.remaining = Sequences.iterate(iterable, budget);
    }

    @Override
    public boolean hasNext() {
        return after != null || remaining.hasNext();
    }

    @Override
    public Value next() {
        Value item = after != null ? after : remaining.next();
        after = null;
        index0++;
        before = current;
        current = item;
        return item;
    }

    private @Nullable Value peek() {
        if (after == null && remaining.hasNext()) {
            after = remaining.next();
        }
        return after;
    }

    @Override
    public int length() {
        if (length < 0) {
            length = Sequences.lengthOrNone(iterable);
        }
        if (length < 0) {
            List<Value> rest = new ArrayList<>();
            while (remaining.hasNext()) {
                rest.add(remaining.next());
            }
            budget.items(rest.size());
            remaining = rest.iterator();
            length = rest.size() + index0 + 1 + (after != null ? 1 : 0);
        }
        return length;
    }

    @Override
    public @Nullable Value attribute(String name) {
        return switch (name) {
            case "index" -> PyInt.of(index0 + 1L);
            case "index0" -> PyInt.of(index0);
            case "revindex" -> PyInt.of((long) length() - index0);
            case "revindex0" -> PyInt.of((long) length() - index0 - 1);
            case "first" -> PyBool.of(index0 == 0);
            case "last" -> PyBool.of(peek() == null);
            case "length" -> PyInt.of(length());
            case "depth" -> PyInt.of(depth0 + 1L);
            case "depth0" -> PyInt.of(depth0);
            case "previtem" ->
                index0 == 0 || before == null ? PyUndefined.because("there is no previous item") : before;
            case "nextitem" -> {
                Value next = peek();
                yield next == null ? PyUndefined.because("there is no next item") : next;
            }
            case "cycle" -> PyFunction.method(name, this::cycle);
            case "changed" -> PyFunction.method(name, this::changed);
            default -> null;
        };
    }

    private Value cycle(Arguments arguments) {
        List<Value> items = arguments.positional();
        if (items.isEmpty()) {
            throw PyError.type("no items for cycling given");
        }
        return items.get(index0 % items.size());
    }

    private Value changed(Arguments arguments) {
        List<Value> now = arguments.positional();
        List<Value> last = lastChanged;
        boolean same = last != null && Comparison.equal(new PyTuple(last), new PyTuple(now), budget);
        lastChanged = now;
        return PyBool.of(!same);
    }

    @Override
    public boolean isCallable() {
        return true;
    }

    @Override
    public Value call(Arguments arguments) {
        Value items = arguments.bind("loop", 1, "iterable").at(0);
        if (recursion == null) {
            throw PyError.type("The loop must have the 'recursive' marker to be called recursively.");
        }
        return recursion.apply(items);
    }

    @Override
    public Iterator<Value> iterator() {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return Loop.this.hasNext();
            }

            @Override
            public Value next() {
                return PyTuple.pair(Loop.this.next(), Loop.this);
            }
        };
    }

    @Override
    public String display(Budget unused) {
        return "<LoopContext " + (index0 + 1) + "/" + length() + ">";
    }

    @Override
    public String typeName() {
        return "LoopContext";
    }
}
