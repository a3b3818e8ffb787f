package dev.nla4j.chat.jinja;

import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `value.name` and `value[index]` as Jinja resolves them: attributes first, or items first, the other as second
/// choice,
/// undefined when there is neither.
final class Access {
    private Access() {}

    static Value attribute(Value value, String name, Budget budget) {
        Value found = Attributes.find(value, name, budget);
        if (found != null) {
            return found;
        }
        Value item = itemOrNull(value, PyText.of(name), budget);
        return item != null ? item : PyUndefined.attribute(value, name);
    }

    static Value item(Value value, Value index, Budget budget) {
        Value item = itemOrNull(value, index, budget);
        if (item != null) {
            return item;
        }
        if (!(index instanceof PyText name)) {
            return PyUndefined.element(value, Printer.repr(index, budget));
        }
        Value found = Attributes.find(value, name.chars(), budget);
        return found != null ? found : PyUndefined.attribute(value, name.chars());
    }

    private static @Nullable Value itemOrNull(Value value, Value index, Budget budget) {
        if (value instanceof PyUndefined undefined) {
            throw undefined.failure();
        }
        try {
            return Sequences.item(value, index, budget);
        } catch (PyError e) {
            if (e.isMissingItem()) {
                return null;
            }
            throw e;
        }
    }

    /// Follows a path such as `user.names.0`, items first; an undefined step becomes `fallback` when there is one.
    static Value path(Value value, List<Value> steps, @Nullable Value fallback, Budget budget) {
        Value at = value;
        for (Value step : steps) {
            budget.step();
            at = item(at, step, budget);
            if (fallback != null && at instanceof PyUndefined) {
                at = fallback;
            }
        }
        return at;
    }

    /// The steps that the `attribute` argument of a filter names.
    static List<Value> steps(Value attribute, Budget budget) {
        if (attribute == PyNone.NONE) {
            return List.of();
        }
        if (!(attribute instanceof PyText text)) {
            return List.of(attribute);
        }
        budget.read(text.chars().length() * 8L);
        return List.of(text.chars().split("\\.", -1)).stream().map(Access::step).toList();
    }

    private static Value step(String name) {
        boolean number = !name.isEmpty() && name.length() < 1000 && name.chars().allMatch(c -> c >= '0' && c <= '9');
        return number ? new PyInt(new BigInteger(name)) : PyText.of(name);
    }
}
