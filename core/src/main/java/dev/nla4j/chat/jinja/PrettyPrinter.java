package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `pprint.pformat` of Python at its defaults: 80 columns, one column of indentation, maps sorted by key.
final class PrettyPrinter {
    private static final int WIDTH = 80;

    private final Budget budget;
    private final StringBuilder out = new StringBuilder();

    private PrettyPrinter(Budget budget) {
        this.budget = budget;
    }

    static PyText print(Value value, Budget budget) {
        PrettyPrinter printer = new PrettyPrinter(budget);
        printer.print(value, 0, 0, 0);
        return PyText.of(printer.out.toString());
    }

    private void add(String text) {
        budget.grown(out.length() + (long) text.length(), text.length());
        out.append(text);
    }

    /// @param indent columns already used on the line
    /// @param allowance columns needed behind the value
    private void print(Value value, int indent, int allowance, int level) {
        budget.nesting(level);
        String flat = Printer.repr(sorted(value, level), budget);
        if (length(flat) <= WIDTH - indent - allowance) {
            add(flat);
            return;
        }
        switch (value) {
            case PyText text when !text.isMarkup() -> printText(text.chars(), indent, allowance, level + 1);
            case PyList list -> printItems("[", list.items(), "]", indent, allowance, level + 1);
            case PyTuple tuple
            when tuple.fields().isEmpty() ->
                printItems("(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")", indent, allowance, level + 1);
            case PyDict dict -> printEntries(dict, indent, allowance, level + 1);
            default -> add(flat);
        }
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /// `value` with all its maps in the order of their keys.
    private Value sorted(Value value, int level) {
        budget.nesting(level);
        return switch (value) {
            case PyList list -> new PyList(sortedItems(list.items(), level));
            case PyTuple tuple when tuple.fields().isEmpty() -> new PyTuple(sortedItems(tuple.items(), level));
            case PyDict dict -> {
                Map<Key, Value> entries = new LinkedHashMap<>();
                sortedEntries(dict).forEach(entry -> entries.put(entry.getKey(), sorted(entry.getValue(), level + 1)));
                yield new PyDict(entries);
            }
            default -> value;
        };
    }

    private List<Value> sortedItems(List<Value> items, int level) {
        List<Value> result = new ArrayList<>(items.size());
        items.forEach(item -> result.add(sorted(item, level + 1)));
        return result;
    }

    private List<Map.Entry<Key, Value>> sortedEntries(PyDict dict) {
        List<Map.Entry<Key, Value>> entries = new ArrayList<>(dict.entries().entrySet());
        budget.items(entries.size() * 8L);
        return Comparison.mergeSort(
                entries, (a, b) -> order(a.getKey().value(), b.getKey().value()) < 0);
    }

    private int order(Value a, Value b) {
        try {
            return Comparison.less(a, b, budget) ? -1 : Comparison.less(b, a, budget) ? 1 : 0;
        } catch (PyError e) {
            if (e.kind() != PyError.Kind.TYPE) {
                throw e;
            }
            return a.typeName().compareTo(b.typeName());
        }
    }

    private void printItems(String open, List<Value> items, String close, int indent, int allowance, int level) {
        add(open);
        for (int i = 0; i < items.size(); i++) {
            boolean last = i == items.size() - 1;
            print(items.get(i), indent + 1, last ? allowance + close.length() : 1, level);
            if (!last) {
                newLine(indent + 1);
            }
        }
        add(close);
    }

    private void printEntries(PyDict dict, int indent, int allowance, int level) {
        add("{");
        List<Map.Entry<Key, Value>> entries = sortedEntries(dict);
        for (int i = 0; i < entries.size(); i++) {
            boolean last = i == entries.size() - 1;
            String key = Printer.repr(sorted(entries.get(i).getKey().value(), level), budget);
            add(key + ": ");
            print(entries.get(i).getValue(), indent + 1 + length(key) + 2, last ? allowance + 1 : 1, level);
            if (!last) {
                newLine(indent + 1);
            }
        }
        add("}");
    }

    private void newLine(int indent) {
        budget.chars(indent);
        add(",\n" + " ".repeat(indent));
    }

    private void printText(String text, int indentBefore, int allowanceBefore, int level) {
        int indent = level == 1 ? indentBefore + 1 : indentBefore;
        int allowance = level == 1 ? allowanceBefore + 1 : allowanceBefore;
        List<String> chunks = new ArrayList<>();
        List<String> lines = TextSearch.lines(text, true, budget);
        for (int i = 0; i < lines.size(); i++) {
            boolean lastLine = i == lines.size() - 1;
            String flat = Printer.quoted(lines.get(i));
            if (length(flat) <= WIDTH - indent - (lastLine ? allowance : 0)) {
                chunks.add(flat);
            } else {
                breakLine(lines.get(i), WIDTH - indent, lastLine ? allowance : 0, chunks);
            }
        }
        if (chunks.size() == 1) {
            add(Printer.quoted(lines.getLast()));
            return;
        }
        budget.chars(indent);
        String separator = "\n" + " ".repeat(indent);
        add(level == 1 ? "(" : "");
        for (int i = 0; i < chunks.size(); i++) {
            add((i > 0 ? separator : "") + chunks.get(i));
        }
        add(level == 1 ? ")" : "");
    }

    /// Cuts a line between its words, each with the white space behind it.
    private void breakLine(String line, int width, int allowance, List<String> chunks) {
        String current = "";
        for (int at = 0; at < line.length(); ) {
            int end = TextSearch.skip(line, TextSearch.skip(line, at, false), true);
            String part = line.substring(at, end);
            budget.chars(current.length() + (long) part.length());
            int room = width - (end == line.length() ? allowance : 0);
            if (length(Printer.quoted(current + part)) > room) {
                if (!current.isEmpty()) {
                    chunks.add(Printer.quoted(current));
                }
                current = part;
            } else {
                current += part;
            }
            at = end;
        }
        if (!current.isEmpty()) {
            chunks.add(Printer.quoted(current));
        }
    }
}
