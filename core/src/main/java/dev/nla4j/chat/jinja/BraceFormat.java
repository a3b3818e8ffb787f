package dev.nla4j.chat.jinja;

import java.math.BigInteger;
import java.util.List;

/// `str.format`: fields in braces, with items and attributes looked up as the sandbox allows.
final class BraceFormat {
    private final PyText self;
    private final List<Value> positional;
    private final PyDict named;
    private final Budget budget;
    /// Number of the next field without a name; -1 once fields are numbered by hand.
    private int automatic;

    private BraceFormat(PyText self, List<Value> positional, PyDict named, Budget budget) {
        this.self = self;
        this.positional = positional;
        this.named = named;
        this.budget = budget;
    }

    static PyText format(PyText self, Arguments arguments, Budget budget) {
        PyDict named = PyDict.of(arguments.named(), budget);
        return self.like(new BraceFormat(self, arguments.positional(), named, budget).expand(self.chars(), 2));
    }

    static PyText formatMap(PyText self, Arguments arguments, Budget budget) {
        Value map = arguments.bindPlaces("format_map", 1, 1).at(0);
        if (!(map instanceof PyDict dict)) {
            throw PyError.type("format_map() argument must be a mapping, not " + map.typeName());
        }
        return self.like(new BraceFormat(self, List.of(), dict, budget).expand(self.chars(), 2));
    }

    private String expand(String text, int depth) {
        if (depth < 0) {
            throw PyError.value("Max string recursion exceeded");
        }
        budget.read(text.length());
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < text.length(); ) {
            char c = text.charAt(at);
            boolean doubled = at + 1 < text.length() && text.charAt(at + 1) == c;
            if (c != '{' && c != '}') {
                out.append(c);
                at++;
            } else if (doubled) {
                out.append(c);
                at += 2;
            } else if (c == '}') {
                throw PyError.value("Single '}' encountered in format string");
            } else {
                Field field = Field.parse(text, at + 1);
                String shown = show(field, depth);
                budget.grown(out.length() + (long) shown.length(), shown.length());
                out.append(shown);
                at = field.end();
            }
        }
        budget.chars(out.length());
        return out.toString();
    }

    private String show(Field field, int depth) {
        Value value = lookUp(field.name());
        value = switch (field.conversion()) {
            case 0 -> value;
            case 's' -> PyText.of(Printer.str(value, budget));
            case 'r' -> PyText.of(Printer.repr(value, budget));
            case 'a' -> PyText.of(ascii(Printer.repr(value, budget)));
            default -> throw PyError.value("Unknown conversion specifier " + field.conversion());
        };
        String specification = expand(field.specification(), depth - 1);
        if (!self.isMarkup()) {
            return FormatSpec.format(value, specification, budget);
        }
        if (value instanceof PyText text && text.isMarkup()) {
            if (!specification.isEmpty()) {
                throw PyError.value("Unsupported format specification for Markup.");
            }
            return text.chars();
        }
        return Html.escape(FormatSpec.format(value, specification, budget), budget);
    }

    static String ascii(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> out.append(c < 0x80 ? Character.toString(c) : Printer.escaped(c)));
        return out.toString();
    }

    private Value lookUp(String name) {
        int end = 0;
        while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
            end++;
        }
        Value value = first(name.substring(0, end));
        while (end < name.length()) {
            budget.step();
            if (name.charAt(end) == '[') {
                int close = name.indexOf(']', end);
                String index = close < 0 ? "" : name.substring(end + 1, close);
                if (index.isEmpty()) {
                    throw PyError.value(
                            close < 0 ? "Missing ']' in format string" : "Empty attribute in format string");
                }
                Value key = isNumber(index) ? new PyInt(new BigInteger(index)) : PyText.of(index);
                value = Access.item(value, key, budget);
                end = close + 1;
            } else if (name.charAt(end) == '.') {
                int start = end + 1;
                end = start;
                while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
                    end++;
                }
                if (end == start) {
                    throw PyError.value("Empty attribute in format string");
                }
                value = Access.attribute(value, name.substring(start, end), budget);
            } else {
                throw PyError.value("Only '.' or '[' may follow ']' in format field specifier");
            }
        }
        return value;
    }

    private Value first(String name) {
        if (name.isEmpty() || isNumber(name)) {
            boolean byHand = !name.isEmpty();
            if (byHand ? automatic > 0 : automatic < 0) {
                throw PyError.value("cannot switch between manual field specification and automatic field numbering");
            }
            int place = byHand ? Numbers.clamp(new BigInteger(name)) : automatic++;
            automatic = byHand ? -1 : automatic;
            if (place >= positional.size()) {
                throw PyError.lookup("Replacement index " + place + " out of range for positional args tuple");
            }
            return positional.get(place);
        }
        Value value = named.get(PyText.of(name), budget);
        if (value == null) {
            throw PyError.lookup("format() has no argument named " + Printer.quoted(name));
        }
        return value;
    }

    private static boolean isNumber(String text) {
        return text.length() < 1000 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /// What stands between braces.
    ///
    /// @param conversion 0 when absent
    /// @param end the place behind the closing brace
    private record Field(String name, char conversion, String specification, int end) {
        static Field parse(String text, int start) {
            int at = start;
            while (at < text.length() && "}:!".indexOf(text.charAt(at)) < 0) {
                if (text.charAt(at) == '{') {
                    throw PyError.value("unexpected '{' in field name");
                }
                if (text.charAt(at) == '[') {
                    int close = text.indexOf(']', at);
                    at = close < 0 ? text.length() : close;
                }
                at = Math.min(at + 1, text.length());
            }
            if (at >= text.length()) {
                throw PyError.value(
                        start >= text.length()
                                ? "Single '{' encountered in format string"
                                : "expected '}' before end of string");
            }
            String name = text.substring(start, at);
            char conversion = 0;
            if (text.charAt(at) == '!') {
                if (at + 2 >= text.length()) {
                    throw PyError.value("end of string while looking for conversion specifier");
                }
                conversion = text.charAt(at + 1);
                at += 2;
                if (text.charAt(at) != '}' && text.charAt(at) != ':') {
                    throw PyError.value("expected ':' after conversion specifier");
                }
            }
            if (text.charAt(at) == '}') {
                return new Field(name, conversion, "", at + 1);
            }
            int from = at + 1;
            int open = 1;
            for (at = from; at < text.length(); at++) {
                open += text.charAt(at) == '{' ? 1 : text.charAt(at) == '}' ? -1 : 0;
                if (open == 0) {
                    return new Field(name, conversion, text.substring(from, at), at + 1);
                }
            }
            throw PyError.value("unmatched '{' in format spec");
        }
    }
}
