package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a call passes, bound to a function's parameters by Python's rules.
record Arguments(List<Value> positional, Map<String, Value> named) {
    static Arguments of(Value... positional) {
        return new Arguments(List.of(positional), Map.of());
    }

    /// These arguments behind one more.
    Arguments after(Value first) {
        List<Value> all = new ArrayList<>(positional.size() + 1);
        all.add(first);
        all.addAll(positional);
        return new Arguments(all, named);
    }

    /// The positional arguments from the one at `start`, with the named ones.
    Arguments from(int start) {
        return new Arguments(positional.subList(Math.min(start, positional.size()), positional.size()), named);
    }

    /// Binds to parameters that may be passed by place or by name.
    ///
    /// @param required how many of `names`, from the first, have no default
    Bound bind(String function, int required, String... names) {
        Value[] values = placed(function, names.length);
        for (Map.Entry<String, Value> entry : named.entrySet()) {
            int place = List.of(names).indexOf(entry.getKey());
            if (place < 0) {
                throw PyError.type(
                        function + "() got an unexpected keyword argument " + Printer.quoted(entry.getKey()));
            }
            if (place < positional.size()) {
                throw PyError.type(function + "() got multiple values for argument '" + names[place] + "'");
            }
            values[place] = entry.getValue();
        }
        for (int i = 0; i < required; i++) {
            if (values[i] == null) {
                throw PyError.type(function + "() missing required argument '" + names[i] + "'");
            }
        }
        return new Bound(values);
    }

    /// Binds to parameters that have no names.
    Bound bindPlaces(String function, int required, int most) {
        if (!named.isEmpty()) {
            throw PyError.type(function + "() takes no keyword arguments");
        }
        Value[] values = placed(function, most);
        if (positional.size() < required) {
            throw PyError.type(function + "() expected at least " + required + " arguments, got " + positional.size());
        }
        return new Bound(values);
    }

    private Value[] placed(String function, int most) {
        if (positional.size() > most) {
            throw PyError.type(function + "() takes at most " + most + " arguments (" + positional.size() + " given)");
        }
        return positional.toArray(new Value[most]);
    }

    /// Arguments by the place of their parameter; those not passed are absent.
    static final class Bound {
        private final @Nullable Value[] values;

        private Bound(@Nullable Value[] values) {
            this.values = values;
        }

        @Nullable
        Value get(int place) {
            return values[place];
        }

        Value at(int place) {
            return or(place, PyNone.NONE);
        }

        Value or(int place, Value fallback) {
            Value value = values[place];
            return value == null ? fallback : value;
        }

        /// Absent or none.
        boolean isNone(int place) {
            return at(place) == PyNone.NONE;
        }

        int index(int place, int fallback) {
            Value value = values[place];
            return value == null ? fallback : Numbers.toIndex(value);
        }

        boolean truth(int place, boolean fallback) {
            Value value = values[place];
            return value == null ? fallback : Sequences.isTrue(value);
        }

        PyText text(int place) {
            Value value = at(place);
            if (value instanceof PyText text) {
                return text;
            }
            throw PyError.type("argument must be str, not " + value.typeName());
        }
    }
}
