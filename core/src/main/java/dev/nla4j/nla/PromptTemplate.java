package dev.nla4j.nla;

import java.util.ArrayList;
import java.util.List;

/// A sidecar's prompt template as its public readers fill it, by Python's `str.format`: the place is `{name}`, and a
/// brace of the text stands doubled. A single brace, which they refuse, is taken as it is.
///
/// @param parts literal text before, between and behind the places; one more than there are places
/// @param isPortable whether it has no single brace
public record PromptTemplate(List<String> parts, boolean isPortable) {
    public PromptTemplate {
        parts = List.copyOf(parts);
    }

    /// Reads a template.
    ///
    /// @param place with its braces, say `{explanation}`
    public static PromptTemplate of(String template, String place) {
        List<String> parts = new ArrayList<>();
        StringBuilder literal = new StringBuilder();
        boolean portable = true;
        for (int at = 0; at < template.length(); ) {
            if (template.startsWith("{{", at) || template.startsWith("}}", at)) {
                literal.append(template.charAt(at));
                at += 2;
            } else if (template.startsWith(place, at)) {
                parts.add(literal.toString());
                literal.setLength(0);
                at += place.length();
            } else {
                portable &= template.charAt(at) != '{' && template.charAt(at) != '}';
                literal.append(template.charAt(at));
                at++;
            }
        }
        parts.add(literal.toString());
        return new PromptTemplate(parts, portable);
    }

    /// How many places it has.
    public int places() {
        return parts.size() - 1;
    }

    /// The prompt with `value` in its places.
    public String fill(String value) {
        return String.join(value, parts);
    }

    /// The text before the first place.
    public String before() {
        return parts.getFirst();
    }

    /// The text behind the last place.
    public String after() {
        return parts.getLast();
    }
}
