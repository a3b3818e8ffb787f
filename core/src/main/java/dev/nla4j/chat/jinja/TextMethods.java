package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The methods of strings. Those of markup escape what they take in and return markup.
final class TextMethods {
    private interface Body {
        Value call(PyText self, Arguments arguments, Budget budget);
    }

    private static final Map<String, Body> METHODS = new LinkedHashMap<>();

    static {
        changing("upper", TextCase::upper);
        changing("lower", TextCase::lower);
        changing("capitalize", TextCase::capitalize);
        changing("title", TextCase::title);
        changing("swapcase", TextCase::swap);
        changing("casefold", TextCase::fold);
        testing("isupper", TextCase::isUpper);
        testing("islower", TextCase::isLower);
        testing("istitle", TextCase::isTitle);
        testing("isidentifier", Characters::isIdentifier);
        testingAll("isspace", Characters::isSpace, false);
        testingAll("isalpha", Characters::isAlpha, false);
        testingAll("isalnum", Characters::isAlphanumeric, false);
        testingAll("isdecimal", Characters::isDecimal, false);
        testingAll("isdigit", Characters::isDigit, false);
        testingAll("isnumeric", Characters::isNumeric, false);
        testingAll("isascii", c -> c < 128, true);
        testingAll("isprintable", Characters::isPrintable, true);
        METHODS.put("strip", (self, arguments, budget) -> strip("strip", self, arguments, true, true, budget));
        METHODS.put("lstrip", (self, arguments, budget) -> strip("lstrip", self, arguments, true, false, budget));
        METHODS.put("rstrip", (self, arguments, budget) -> strip("rstrip", self, arguments, false, true, budget));
        METHODS.put("split", (self, arguments, budget) -> split("split", self, arguments, budget));
        METHODS.put("rsplit", (self, arguments, budget) -> split("rsplit", self, arguments, budget));
        METHODS.put("splitlines", TextMethods::splitLines);
        METHODS.put("partition", TextMethods::partition);
        METHODS.put("rpartition", TextMethods::partitionLast);
        METHODS.put("join", TextMethods::join);
        METHODS.put("replace", TextMethods::replace);
        METHODS.put("removeprefix", TextMethods::removePrefix);
        METHODS.put("removesuffix", TextMethods::removeSuffix);
        METHODS.put("startswith", (self, arguments, budget) -> edge("startswith", self, arguments, budget));
        METHODS.put("endswith", (self, arguments, budget) -> edge("endswith", self, arguments, budget));
        METHODS.put("count", TextMethods::count);
        METHODS.put("find", (self, arguments, budget) -> PyInt.of(find("find", self, arguments, false, budget)));
        METHODS.put("rfind", (self, arguments, budget) -> PyInt.of(find("rfind", self, arguments, true, budget)));
        METHODS.put("index", (self, arguments, budget) -> found(find("index", self, arguments, false, budget)));
        METHODS.put("rindex", (self, arguments, budget) -> found(find("rindex", self, arguments, true, budget)));
        METHODS.put("ljust", (self, arguments, budget) -> TextLayout.pad("ljust", self, arguments, budget));
        METHODS.put("rjust", (self, arguments, budget) -> TextLayout.pad("rjust", self, arguments, budget));
        METHODS.put("center", (self, arguments, budget) -> TextLayout.pad("center", self, arguments, budget));
        METHODS.put("zfill", TextLayout::zeroFill);
        METHODS.put("expandtabs", TextLayout::expandTabs);
        METHODS.put("translate", Translation::translate);
        METHODS.put("maketrans", (_, arguments, budget) -> Translation.table(arguments, budget));
        METHODS.put("encode", (_, _, _) -> {
            throw PyError.type("'encode' is not supported: templates have no bytes");
        });
        METHODS.put("format", (self, arguments, budget) -> BraceFormat.format(self, arguments, budget));
        METHODS.put("format_map", (self, arguments, budget) -> BraceFormat.formatMap(self, arguments, budget));
    }

    private static final Map<String, Body> MARKUP_METHODS = Map.of(
            "unescape",
                    (self, arguments, budget) -> {
                        arguments.bindPlaces("unescape", 0, 0);
                        return PyText.of(HtmlEntities.unescape(self.chars(), budget));
                    },
            "striptags",
                    (self, arguments, budget) -> {
                        arguments.bindPlaces("striptags", 0, 0);
                        return PyText.of(Html.stripTags(self.chars(), budget));
                    },
            "escape",
                    (_, arguments, budget) ->
                            Html.escape(arguments.bindPlaces("escape", 1, 1).at(0), budget));

    private TextMethods() {}

    static @Nullable PyFunction method(PyText self, String name, Budget budget) {
        Body body = METHODS.get(name);
        if (body == null && self.isMarkup()) {
            body = MARKUP_METHODS.get(name);
        }
        if (body == null) {
            return null;
        }
        Body chosen = body;
        return PyFunction.method(name, arguments -> chosen.call(self, arguments, budget));
    }

    private static void changing(String name, UnaryOperator<String> change) {
        METHODS.put(name, (self, arguments, budget) -> {
            arguments.bindPlaces(name, 0, 0);
            budget.chars(3L * self.chars().length());
            return self.like(change.apply(self.chars()));
        });
    }

    private static void testing(String name, Predicate<String> test) {
        METHODS.put(name, (self, arguments, budget) -> {
            arguments.bindPlaces(name, 0, 0);
            budget.read(self.chars().length());
            return PyBool.of(test.test(self.chars()));
        });
    }

    private static void testingAll(String name, IntPredicate test, boolean whenEmpty) {
        testing(name, text -> text.isEmpty() ? whenEmpty : text.codePoints().allMatch(test));
    }

    /// An argument that joins the string's own characters: markup takes anything and escapes it.
    static String joining(PyText self, Value value, Budget budget) {
        if (self.isMarkup()) {
            return Html.escape(value, budget).chars();
        }
        if (value instanceof PyText text) {
            return text.chars();
        }
        throw PyError.type("expected str, found " + value.typeName());
    }

    private static Value strip(
            String name, PyText self, Arguments arguments, boolean left, boolean right, Budget budget) {
        Arguments.Bound bound = arguments.bindPlaces(name, 0, 1);
        IntPredicate stripped = Characters::isSpace;
        if (!bound.isNone(0)) {
            String chars = bound.text(0).chars();
            budget.read(chars.length());
            stripped = chars.codePoints().boxed().collect(Collectors.toSet())::contains;
        }
        return self.like(strip(self.chars(), stripped, left, right, budget));
    }

    static String strip(String text, IntPredicate stripped, boolean left, boolean right, Budget budget) {
        budget.read(text.length());
        int start = 0;
        int end = text.length();
        while (left && start < end && stripped.test(text.codePointAt(start))) {
            start = text.offsetByCodePoints(start, 1);
        }
        while (right && start < end && stripped.test(text.codePointBefore(end))) {
            end = text.offsetByCodePoints(end, -1);
        }
        return text.substring(start, end);
    }

    private static PyList likeAll(PyText self, List<String> parts, Budget budget) {
        budget.items(parts.size());
        List<Value> items = new ArrayList<>(parts.size());
        parts.forEach(part -> items.add(self.like(part)));
        return new PyList(items);
    }

    private static Value split(String name, PyText self, Arguments arguments, Budget budget) {
        Arguments.Bound bound = arguments.bind(name, 0, "sep", "maxsplit");
        int limit = bound.index(1, -1);
        boolean fromEnd = name.equals("rsplit");
        if (bound.isNone(0)) {
            return likeAll(
                    self,
                    fromEnd
                            ? TextSearch.wordsFromEnd(self.chars(), limit, budget)
                            : TextSearch.words(self.chars(), limit, budget),
                    budget);
        }
        String separator = bound.text(0).chars();
        return likeAll(
                self,
                fromEnd
                        ? TextSearch.splitLast(self.chars(), separator, limit, budget)
                        : TextSearch.split(self.chars(), separator, limit, budget),
                budget);
    }

    private static Value splitLines(PyText self, Arguments arguments, Budget budget) {
        boolean keep = arguments.bind("splitlines", 0, "keepends").truth(0, false);
        return likeAll(self, TextSearch.lines(self.chars(), keep, budget), budget);
    }

    private static Value partition(PyText self, Arguments arguments, Budget budget) {
        String separator = separator("partition", arguments);
        budget.chars(self.chars().length()); // of which the pieces are copies
        int at = TextSearch.indexOf(self.chars(), separator, 0, budget);
        return at < 0 ? three(self, self.chars(), "", "") : around(self, at, separator);
    }

    private static Value partitionLast(PyText self, Arguments arguments, Budget budget) {
        String separator = separator("rpartition", arguments);
        int at = TextSearch.lastIndexOf(self.chars(), separator, budget);
        return at < 0 ? three(self, "", "", self.chars()) : around(self, at, separator);
    }

    private static String separator(String name, Arguments arguments) {
        String separator = arguments.bindPlaces(name, 1, 1).text(0).chars();
        if (separator.isEmpty()) {
            throw PyError.value("empty separator");
        }
        return separator;
    }

    private static PyTuple around(PyText self, int at, String separator) {
        return three(
                self, self.chars().substring(0, at), separator, self.chars().substring(at + separator.length()));
    }

    private static PyTuple three(PyText self, String a, String b, String c) {
        return new PyTuple(List.of(self.like(a), self.like(b), self.like(c)));
    }

    private static Value join(PyText self, Arguments arguments, Budget budget) {
        Iterator<Value> items =
                Sequences.iterate(arguments.bindPlaces("join", 1, 1).at(0), budget);
        StringBuilder out = new StringBuilder();
        String separator = "";
        while (items.hasNext()) {
            String item = joining(self, items.next(), budget);
            long more = separator.length() + (long) item.length();
            budget.grown(out.length() + more, more);
            out.append(separator).append(item);
            separator = self.chars();
        }
        return self.like(out.toString());
    }

    private static Value replace(PyText self, Arguments arguments, Budget budget) {
        Arguments.Bound bound = arguments.bindPlaces("replace", 2, 3);
        String replacement = joining(self, bound.at(1), budget);
        return self.like(
                TextSearch.replace(self.chars(), bound.text(0).chars(), replacement, bound.index(2, -1), budget));
    }

    private static Value removePrefix(PyText self, Arguments arguments, Budget budget) {
        String prefix = arguments.bindPlaces("removeprefix", 1, 1).text(0).chars();
        budget.read(self.chars().length());
        boolean there = self.chars().startsWith(prefix);
        return there ? self.like(self.chars().substring(prefix.length())) : self;
    }

    private static Value removeSuffix(PyText self, Arguments arguments, Budget budget) {
        String suffix = arguments.bindPlaces("removesuffix", 1, 1).text(0).chars();
        budget.read(self.chars().length());
        boolean there = self.chars().endsWith(suffix);
        return there ? self.like(self.chars().substring(0, self.chars().length() - suffix.length())) : self;
    }

    private static Value edge(String name, PyText self, Arguments arguments, Budget budget) {
        Arguments.Bound bound = arguments.bindPlaces(name, 1, 3);
        List<Value> candidates = bound.at(0) instanceof PyTuple tuple ? tuple.items() : List.of(bound.at(0));
        Part part = Part.of(self, bound, budget);
        for (Value candidate : candidates) {
            if (!(candidate instanceof PyText text)) {
                throw PyError.type(name + " first arg must be str or a tuple of str, not " + candidate.typeName());
            }
            budget.read(text.chars().length());
            boolean there = name.equals("startswith")
                    ? part.chars().startsWith(text.chars())
                    : part.chars().endsWith(text.chars());
            if (there && part.exists()) {
                return PyBool.TRUE;
            }
        }
        return PyBool.FALSE;
    }

    private static Value count(PyText self, Arguments arguments, Budget budget) {
        Arguments.Bound bound = arguments.bindPlaces("count", 1, 3);
        Part part = Part.of(self, bound, budget);
        String wanted = bound.text(0).chars();
        return PyInt.of(part.exists() ? TextSearch.count(part.chars(), wanted, budget) : 0);
    }

    private static int find(String name, PyText self, Arguments arguments, boolean last, Budget budget) {
        Arguments.Bound bound = arguments.bindPlaces(name, 1, 3);
        Part part = Part.of(self, bound, budget);
        String wanted = bound.text(0).chars();
        if (!part.exists()) {
            return -1;
        }
        int at = last
                ? TextSearch.lastIndexOf(part.chars(), wanted, budget)
                : TextSearch.indexOf(part.chars(), wanted, 0, budget);
        return at < 0 ? -1 : part.start() + part.chars().codePointCount(0, at);
    }

    private static PyInt found(int at) {
        if (at < 0) {
            throw PyError.value("substring not found");
        }
        return PyInt.of(at);
    }

    /// The stretch that `start` and `end` arguments name; it doesn't exist when they cross.
    private record Part(String chars, int start, boolean exists) {
        static Part of(PyText self, Arguments.Bound bound, Budget budget) {
            budget.read(self.chars().length());
            int start = bound.isNone(1) ? 0 : fit(bound.index(1, 0), self.length());
            int end = bound.isNone(2) ? self.length() : fit(bound.index(2, 0), self.length());
            end = Math.min(end, self.length());
            if (start > end) {
                return new Part("", start, false);
            }
            return new Part(self.slice(start, end).chars(), start, true);
        }

        private static int fit(int index, int length) {
            return index < 0 ? Math.max(0, index + length) : index;
        }
    }
}
