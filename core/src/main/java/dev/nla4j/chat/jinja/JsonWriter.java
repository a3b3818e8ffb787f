package dev.nla4j.chat.jinja;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `json.dumps` of Python, which transformers' `tojson` is: nothing escaped for HTML.
final class JsonWriter {
    private final boolean asciiOnly;
    private final @Nullable String indent;
    private final String itemSeparator;
    private final String keySeparator;
    private final boolean sortKeys;
    private final Budget budget;
    private final StringBuilder out = new StringBuilder();

    private JsonWriter(Arguments.Bound bound, Budget budget) {
        this.asciiOnly = bound.truth(1, false);
        this.indent = bound.isNone(2) ? null : indent(bound.at(2), budget);
        if (bound.isNone(3)) {
            this.itemSeparator = indent == null ? ", " : ",";
            this.keySeparator = ": ";
        } else {
            List<Value> separators = Sequences.list(bound.at(3), budget);
            if (separators.size() != 2
                    || !(separators.get(0) instanceof PyText item)
                    || !(separators.get(1) instanceof PyText key)) {
                throw PyError.value("separators must be two strings");
            }
            this.itemSeparator = item.chars();
            this.keySeparator = key.chars();
        }
        this.sortKeys = bound.truth(4, false);
        this.budget = budget;
    }

    /// @param arguments value, ensure_ascii, indent, separators, sort_keys
    static PyText write(Arguments arguments, Budget budget) {
        Arguments.Bound bound = arguments.bind("tojson", 1, "x", "ensure_ascii", "indent", "separators", "sort_keys");
        JsonWriter writer = new JsonWriter(bound, budget);
        writer.value(bound.at(0), 0);
        return PyText.of(writer.out.toString());
    }

    private static String indent(Value value, Budget budget) {
        if (value instanceof PyText text) {
            return text.chars();
        }
        int width = Math.max(0, Numbers.toIndex(value));
        budget.chars(width);
        return " ".repeat(width);
    }

    private void add(String text) {
        budget.grown(out.length() + (long) text.length(), text.length());
        out.append(text);
    }

    private void value(Value value, int nesting) {
        budget.nesting(nesting);
        switch (value) {
            case PyText text -> add(quoted(text.chars()));
            case PyInt number -> add(Printer.decimal(number.value(), budget));
            case PyFloat number -> add(number(number.value()));
            case PyBool bool -> add(bool == PyBool.TRUE ? "true" : "false");
            case PyNone _ -> add("null");
            case PyList list -> items(list.items(), nesting);
            case PyTuple tuple -> items(tuple.items(), nesting);
            case PyDict dict -> entries(dict, nesting);
            case PyUndefined _, PyDictView _, PyRange _, PyIterator _, PyObject _ ->
                throw PyError.type("Object of type " + value.typeName() + " is not JSON serializable");
        }
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        return Double.isInfinite(value) ? (value > 0 ? "Infinity" : "-Infinity") : Printer.decimal(value);
    }

    private void items(List<Value> items, int nesting) {
        if (items.isEmpty()) {
            add("[]");
            return;
        }
        add("[");
        for (int i = 0; i < items.size(); i++) {
            separate(i > 0, nesting + 1);
            value(items.get(i), nesting + 1);
        }
        newLine(nesting);
        add("]");
    }

    private void entries(PyDict dict, int nesting) {
        if (dict.size() == 0) {
            add("{}");
            return;
        }
        List<Map.Entry<Key, Value>> entries = List.copyOf(dict.entries().entrySet());
        if (sortKeys) {
            List<Value> pairs = entries.stream()
                    .<Value>map(entry -> PyTuple.pair(entry.getKey().value(), entry.getValue()))
                    .toList();
            List<Value> sorted =
                    Comparison.sorted(pairs, pair -> ((PyTuple) pair).items().get(0), false, budget);
            entries = sorted.stream()
                    .map(pair -> ((PyTuple) pair).items())
                    .map(pair -> Map.entry(new Key(pair.get(0), budget), pair.get(1)))
                    .toList();
        }
        add("{");
        boolean later = false;
        for (Map.Entry<Key, Value> entry : entries) {
            separate(later, nesting + 1);
            later = true;
            add(quoted(key(entry.getKey().value())));
            add(keySeparator);
            value(entry.getValue(), nesting + 1);
        }
        newLine(nesting);
        add("}");
    }

    private String key(Value key) {
        return switch (key) {
            case PyText text -> text.chars();
            case PyBool bool -> bool == PyBool.TRUE ? "true" : "false";
            case PyNone _ -> "null";
            case PyInt number -> Printer.decimal(number.value(), budget);
            case PyFloat number -> number(number.value());
            default -> throw PyError.type("keys must be str, int, float, bool or None, not " + key.typeName());
        };
    }

    private void separate(boolean later, int nesting) {
        if (later) {
            add(itemSeparator);
        }
        newLine(nesting);
    }

    private void newLine(int nesting) {
        if (indent != null) {
            budget.chars((long) indent.length() * nesting + 1);
            add("\n" + indent.repeat(nesting));
        }
    }

    private String quoted(String text) {
        budget.read(text.length());
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                case '\f' -> quoted.append("\\f");
                case '\b' -> quoted.append("\\b");
                default -> {
                    if (c < 0x20 || (asciiOnly && c > 0x7e)) {
                        quoted.append("\\u").append(HexFormat.of().toHexDigits(c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }
}
