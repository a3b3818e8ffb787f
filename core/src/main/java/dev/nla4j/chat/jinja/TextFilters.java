package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Filters of strings.
final class TextFilters {
    private TextFilters() {}

    static void addTo(Map<String, Filters.Body> filters) {
        method(filters, "upper");
        method(filters, "lower");
        method(filters, "capitalize");
        filters.put("title", TextFilters::title);
        filters.put("trim", TextFilters::trim);
        filters.put("center", TextFilters::center);
        filters.put(
                "string",
                (arguments, in) -> soft(arguments.bind("string", 1, "s").at(0), in.budget()));
        filters.put("replace", TextFilters::replace);
        filters.put("format", TextFilters::format);
        filters.put("indent", TextFilters::indent);
        filters.put("truncate", TextFilters::truncate);
        filters.put("wordwrap", TextFilters::wordWrap);
        filters.put("wordcount", TextFilters::wordCount);
        filters.put("join", TextFilters::join);
        filters.put("tojson", (arguments, in) -> JsonWriter.write(arguments, in.budget()));
        filters.put(
                "pprint",
                (arguments, in) ->
                        PrettyPrinter.print(arguments.bind("pprint", 1, "value").at(0), in.budget()));
        filters.put("urlencode", TextFilters::urlEncode);
    }

    /// `value` as a string; markup stays markup.
    static PyText soft(Value value, Budget budget) {
        return value instanceof PyText text ? text : PyText.of(Printer.str(value, budget));
    }

    private static void method(Map<String, Filters.Body> filters, String name) {
        filters.put(name, (arguments, in) -> {
            PyText text = soft(arguments.bind(name, 1, "s").at(0), in.budget());
            return call(text, name, in.budget());
        });
    }

    private static Value call(PyText text, String method, Budget budget, Value... arguments) {
        PyFunction function = TextMethods.method(text, method, budget);
        if (function == null) {
            throw new IllegalArgumentException(method);
        }
        return function.call(Arguments.of(arguments));
    }

    private static Value title(Arguments arguments, Interpreter in) {
        PyText text = soft(arguments.bind("title", 1, "s").at(0), in.budget());
        in.budget().chars(3L * text.chars().length());
        StringBuilder out = new StringBuilder();
        boolean atStart = true;
        for (int c : text.chars().codePoints().toArray()) {
            String one = Character.toString(c);
            boolean separates = Characters.isSpace(c) || "-({[<".indexOf(c) >= 0;
            out.append(separates ? one : atStart ? TextCase.upper(one) : TextCase.lower(one));
            atStart = separates;
        }
        return PyText.of(out.toString());
    }

    private static Value trim(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("trim", 1, "value", "chars");
        return call(soft(bound.at(0), in.budget()), "strip", in.budget(), bound.at(1));
    }

    private static Value center(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("center", 1, "value", "width");
        return call(soft(bound.at(0), in.budget()), "center", in.budget(), bound.or(1, PyInt.of(80)));
    }

    private static Value replace(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("replace", 3, "s", "old", "new", "count");
        Budget budget = in.budget();
        int count = bound.isNone(3) ? -1 : bound.index(3, -1);
        PyText text = PyText.of(Printer.str(bound.at(0), budget));
        if (in.autoescape()) {
            boolean escapes = isMarkup(bound.at(1)) || (isMarkup(bound.at(2)) && !isMarkup(bound.at(0)));
            text = escapes ? Html.escape(bound.at(0), budget) : soft(bound.at(0), budget);
        }
        PyText old = PyText.of(Printer.str(bound.at(1), budget));
        Value replacement = in.autoescape() ? soft(bound.at(2), budget) : PyText.of(Printer.str(bound.at(2), budget));
        return call(text, "replace", budget, old, replacement, PyInt.of(count));
    }

    private static boolean isMarkup(Value value) {
        return value instanceof PyText text && text.isMarkup();
    }

    private static Value format(Arguments arguments, Interpreter in) {
        List<Value> values = arguments.from(1).positional();
        if (arguments.positional().isEmpty()) {
            throw PyError.type("format() missing required argument 'value'");
        }
        if (!values.isEmpty() && !arguments.named().isEmpty()) {
            throw PyError.runtime("can't handle positional and keyword arguments at the same time");
        }
        Value given = arguments.named().isEmpty() ? new PyTuple(values) : PyDict.of(arguments.named(), in.budget());
        return PercentFormat.format(soft(arguments.positional().get(0), in.budget()), given, in.budget());
    }

    private static Value indent(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("indent", 1, "s", "width", "first", "blank");
        Budget budget = in.budget();
        if (bound.at(0) instanceof PyUndefined undefined) {
            throw undefined.failure();
        }
        PyText text = bound.text(0);
        String indentation;
        if (bound.at(1) instanceof PyText given) {
            indentation = given.chars();
        } else {
            int width = Math.max(0, bound.index(1, 4));
            budget.chars(width);
            indentation = " ".repeat(width);
        }
        boolean blank = bound.truth(3, false);
        List<String> lines = TextSearch.lines(text.chars() + "\n", false, budget);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            boolean indented = i == 0 ? bound.truth(2, false) : blank || !line.isEmpty();
            long more = (indented ? indentation.length() : 0L) + line.length() + 1;
            budget.grown(out.length() + more, more);
            out.append(i == 0 ? "" : "\n").append(indented ? indentation : "").append(line);
        }
        return text.like(out.toString());
    }

    private static Value truncate(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("truncate", 1, "s", "length", "killwords", "end", "leeway");
        Budget budget = in.budget();
        int length = bound.index(1, 255);
        PyText end = bound.get(3) == null ? PyText.of("...") : bound.text(3);
        int leeway = bound.isNone(4) ? 5 : bound.index(4, 5);
        if (length < end.length() || leeway < 0) {
            throw PyError.runtime(
                    "expected length >= " + end.length() + " and leeway >= 0, got " + length + " and " + leeway);
        }
        if (Sequences.length(bound.at(0), budget) <= (long) length + leeway) {
            return bound.at(0);
        }
        PyText text = bound.text(0);
        PyText cut = text.slice(0, length - end.length());
        int space = cut.chars().lastIndexOf(' ');
        if (!bound.truth(2, false) && space >= 0) {
            cut = cut.like(cut.chars().substring(0, space));
        }
        return Operators.add(cut, end, budget);
    }

    private static Value wordWrap(Arguments arguments, Interpreter in) {
        Arguments.Bound bound =
                arguments.bind("wordwrap", 1, "s", "width", "break_long_words", "wrapstring", "break_on_hyphens");
        Budget budget = in.budget();
        if (bound.at(0) instanceof PyUndefined undefined) {
            throw undefined.failure();
        }
        PyText text = bound.text(0);
        String separator = bound.isNone(3) ? "\n" : bound.text(3).chars();
        TextWrap wrap = new TextWrap(bound.index(1, 79), bound.truth(2, true), bound.truth(4, true), budget);
        StringBuilder out = new StringBuilder();
        String before = "";
        for (String paragraph : TextSearch.lines(text.chars(), false, budget)) {
            String wrapped = String.join(separator, wrap.wrap(paragraph));
            budget.grown(out.length() + (long) wrapped.length(), wrapped.length() + (long) separator.length());
            out.append(before).append(wrapped);
            before = separator;
        }
        return PyText.of(out.toString());
    }

    private static Value wordCount(Arguments arguments, Interpreter in) {
        String text = Printer.str(arguments.bind("wordcount", 1, "s").at(0), in.budget());
        in.budget().read(text.length());
        int count = 0;
        boolean inWord = false;
        for (int c : text.codePoints().toArray()) {
            boolean word = Characters.isWord(c);
            count += word && !inWord ? 1 : 0;
            inWord = word;
        }
        return PyInt.of(count);
    }

    private static Value join(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("join", 1, "value", "d", "attribute");
        Budget budget = in.budget();
        List<Value> steps = Access.steps(bound.at(2), budget);
        List<Value> items = new ArrayList<>();
        for (Value item : Sequences.list(bound.at(0), budget)) {
            items.add(Access.path(item, steps, null, budget));
        }
        Value separator = bound.or(1, PyText.EMPTY);
        boolean markup =
                in.autoescape() && (isMarkup(separator) || items.stream().anyMatch(TextFilters::isMarkup));
        PyText glue = markup ? Html.escape(separator, budget) : PyText.of(Printer.str(separator, budget));
        List<Value> texts = new ArrayList<>(items.size());
        items.forEach(item -> texts.add(soft(item, budget)));
        return call(glue, "join", budget, new PyList(texts));
    }

    private static Value urlEncode(Arguments arguments, Interpreter in) {
        Value value = arguments.bind("urlencode", 1, "value").at(0);
        Budget budget = in.budget();
        if (value instanceof PyText || !Sequences.isIterable(value)) {
            return PyText.of(PercentEncoding.encode(Printer.str(value, budget), false, budget));
        }
        Value pairs = value instanceof PyDict dict ? new PyDictView(dict, PyDictView.Part.ITEMS) : value;
        StringBuilder out = new StringBuilder();
        for (Value pair : Sequences.list(pairs, budget)) {
            List<Value> parts = Sequences.list(pair, budget);
            if (parts.size() != 2) {
                throw PyError.value("expected pairs of key and value, got " + parts.size() + " items");
            }
            String encoded = PercentEncoding.encode(Printer.str(parts.get(0), budget), true, budget) + "="
                    + PercentEncoding.encode(Printer.str(parts.get(1), budget), true, budget);
            budget.grown(out.length() + (long) encoded.length(), encoded.length());
            out.append(out.isEmpty() ? "" : "&").append(encoded);
        }
        return PyText.of(out.toString());
    }
}
