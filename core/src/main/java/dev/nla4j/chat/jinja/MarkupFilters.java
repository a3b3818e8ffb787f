package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// Filters that have to do with HTML.
final class MarkupFilters {
    private MarkupFilters() {}

    static void addTo(Map<String, Filters.Body> filters) {
        filters.put("escape", MarkupFilters::escape);
        filters.put("e", MarkupFilters::escape);
        filters.put("forceescape", (arguments, in) -> {
            String text = Printer.str(arguments.bind("forceescape", 1, "value").at(0), in.budget());
            return PyText.markup(Html.escape(text, in.budget()));
        });
        filters.put(
                "safe",
                (arguments, in) -> PyText.markup(
                        Printer.str(arguments.bind("safe", 1, "value").at(0), in.budget())));
        filters.put("striptags", (arguments, in) -> {
            String text = Printer.str(arguments.bind("striptags", 1, "value").at(0), in.budget());
            return PyText.of(Html.stripTags(text, in.budget()));
        });
        filters.put("xmlattr", MarkupFilters::xmlAttributes);
        filters.put("urlize", MarkupFilters::urlize);
    }

    private static Value escape(Arguments arguments, Interpreter in) {
        return Html.escape(arguments.bindPlaces("escape", 1, 1).at(0), in.budget());
    }

    private static PyText marked(String text, Interpreter in) {
        return in.autoescape() ? PyText.markup(text) : PyText.of(text);
    }

    private static Value xmlAttributes(Arguments arguments, Interpreter in) {
        Arguments.Bound bound = arguments.bind("xmlattr", 1, "d", "autospace");
        Budget budget = in.budget();
        Value value = bound.at(0);
        if (value instanceof PyUndefined undefined) {
            throw undefined.failure();
        }
        if (!(value instanceof PyDict dict)) {
            throw PyError.type("'" + value.typeName() + "' object has no attribute 'items'");
        }
        StringBuilder out = new StringBuilder();
        budget.items(dict.entries().size());
        for (Map.Entry<Key, Value> entry : dict.entries().entrySet()) {
            if (entry.getValue() == PyNone.NONE || entry.getValue() instanceof PyUndefined) {
                continue;
            }
            if (!(entry.getKey().value() instanceof PyText name)) {
                throw PyError.type("expected string as attribute name");
            }
            if (name.chars().chars().anyMatch(c -> " \t\n\r\f\u000b/>=".indexOf(c) >= 0)) {
                throw PyError.value("Invalid character in attribute name: " + Printer.quoted(name.chars()));
            }
            String attribute = Html.escape(name, budget).chars() + "=\""
                    + Html.escape(entry.getValue(), budget).chars() + "\"";
            budget.grown(out.length() + (long) attribute.length(), attribute.length());
            out.append(out.isEmpty() ? "" : " ").append(attribute);
        }
        String space = bound.truth(1, true) && !out.isEmpty() ? " " : "";
        return marked(space + out, in);
    }

    private static Value urlize(Arguments arguments, Interpreter in) {
        Arguments.Bound bound =
                arguments.bind("urlize", 1, "value", "trim_url_limit", "nofollow", "target", "rel", "extra_schemes");
        Budget budget = in.budget();
        TreeSet<String> rel = new TreeSet<>(Comparison::compareCodePoints);
        rel.add("noopener");
        if (Sequences.isTrue(bound.at(4))) {
            rel.addAll(TextSearch.words(bound.text(4).chars(), -1, budget));
        }
        if (bound.truth(2, false)) {
            rel.add("nofollow");
        }
        String target = Sequences.isTrue(bound.at(3))
                ? " target=\"" + Html.escape(bound.at(3), budget).chars() + "\""
                : "";
        String attributes = " rel=\"" + Html.escape(String.join(" ", rel), budget) + "\"" + target;
        List<String> schemes = new ArrayList<>();
        if (!bound.isNone(5)) {
            for (Value scheme : Sequences.list(bound.at(5), budget)) {
                schemes.add(scheme(scheme, budget));
            }
        }
        int limit = bound.isNone(1) ? -1 : Math.max(0, bound.index(1, -1));
        Urlizer urlizer = new Urlizer(new Urlizer.Style(limit, attributes, schemes), budget);
        return marked(urlizer.urlize(Html.escape(bound.at(0), budget).chars()), in);
    }

    /// Something like `tel:` or `ftp://`.
    private static String scheme(Value value, Budget budget) {
        String text = value instanceof PyText name ? name.chars() : "";
        int colon = text.indexOf(':');
        boolean named = colon >= 2
                && text.substring(0, colon).codePoints().allMatch(c -> Characters.isWord(c) || ".+-".indexOf(c) >= 0);
        String rest = text.substring(colon + 1);
        if (!named || !(rest.isEmpty() || rest.equals("/") || rest.equals("//"))) {
            throw PyError.runtime(Printer.repr(value, budget) + " is not a valid URI scheme prefix.");
        }
        return text;
    }
}
