package dev.nla4j.chat.jinja;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Items computed one by one when asked for, as by a generator of Python.
abstract class Lazy implements Iterator<Value> {
    private @Nullable Value ready;
    private boolean done;

    /// The next item, or null at the end.
    abstract @Nullable Value advance();

    @Override
    public final boolean hasNext() {
        if (ready == null && !done) {
            ready = advance();
            done = ready == null;
        }
        return ready != null;
    }

    @Override
    public final Value next() {
        if (!hasNext() || ready == null) {
            throw new NoSuchElementException();
        }
        Value item = ready;
        ready = null;
        return item;
    }

    /// A generator whose walk is prepared when it begins. Generators that draw from one another count as nested.
    static PyIterator generator(Budget budget, Supplier<Iterator<Value>> start) {
        return PyIterator.generator(new Lazy() {
            private @Nullable Iterator<Value> items;

            @Override
            @Nullable
            Value advance() {
                budget.enter();
                if (items == null) {
                    items = start.get();
                }
                Value next = items.hasNext() ? items.next() : null;
                budget.leave();
                return next;
            }
        });
    }

    /// The items that pass `wanted`.
    static Lazy kept(Iterator<Value> items, Predicate<Value> wanted) {
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
}
