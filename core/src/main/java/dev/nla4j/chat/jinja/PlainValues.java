package dev.nla4j.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Java's plain values (null, booleans, numbers, strings, lists, maps with strings as keys) to those of templates.
final class PlainValues {
    private final Budget budget;

    PlainValues(Budget budget) {
        this.budget = budget;
    }

    Map<String, Value> all(Map<String, ?> variables) {
        Map<String, Value> values = new LinkedHashMap<>();
        variables.forEach((name, value) -> values.put(name, value(value, 0)));
        return values;
    }

    private Value value(@Nullable Object value, int nesting) {
        budget.nesting(nesting);
        return switch (value) {
            case null -> PyNone.NONE;
            case Boolean bool -> PyBool.of(bool);
            case String text -> PyText.of(text);
            case BigInteger number -> Numbers.bounded(number);
            case Byte number -> PyInt.of(number);
            case Short number -> PyInt.of(number);
            case Integer number -> PyInt.of(number);
            case Long number -> PyInt.of(number);
            case Float number -> new PyFloat(number);
            case Double number -> new PyFloat(number);
            case BigDecimal number -> new PyFloat(number.doubleValue());
            case List<?> list -> {
                List<Value> items = new ArrayList<>(list.size());
                list.forEach(item -> items.add(value(item, nesting + 1)));
                yield new PyList(items);
            }
            case Map<?, ?> map -> {
                Map<Key, Value> entries = new LinkedHashMap<>();
                map.forEach((key, item) -> {
                    if (!(key instanceof String name)) {
                        throw PyError.type("keys of a template's maps must be strings, not " + key);
                    }
                    entries.put(new Key(PyText.of(name), budget), value(item, nesting + 1));
                });
                yield new PyDict(entries);
            }
            default ->
                throw PyError.type("a template's variables are plain values, not "
                        + value.getClass().getName());
        };
    }
}
