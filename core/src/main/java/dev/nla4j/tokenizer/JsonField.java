package dev.nla4j.tokenizer;

import dev.nla4j.format.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A value in a JSON file, with its place for errors. Every reading method refuses what isn't of its kind or too
/// long.
///
/// @param json null when the file hasn't the field; JSON's null counts as absent too
record JsonField(Path file, String path, @Nullable JsonNode json) {
    static JsonField root(Path file, JsonNode json) {
        return new JsonField(file, "", json);
    }

    /// What a file that doesn't exist says of anything.
    static JsonField missing(Path file) {
        return new JsonField(file, "", null);
    }

    boolean absent() {
        return json == null || json.isNull();
    }

    JsonField get(String name) {
        JsonNode value = json == null ? null : json.get(name);
        return new JsonField(file, path.isEmpty() ? name : path + "." + name, value);
    }

    /// This object's node; refuses anything else.
    JsonNode object() {
        if (json == null || !json.isObject()) {
            throw wrong("an object");
        }
        return json;
    }

    boolean isList() {
        return json != null && json.isArray();
    }

    /// This list's node; refuses anything else.
    JsonNode list(int most) {
        if (json == null || !json.isArray() || json.size() > most) {
            throw wrong("a list of at most " + most);
        }
        return json;
    }

    /// This list's entries.
    List<JsonField> items(int most) {
        JsonNode list = list(most);
        List<JsonField> items = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            items.add(new JsonField(file, path + "[" + i + "]", list.get(i)));
        }
        return items;
    }

    String text(int longest) {
        if (json == null || !json.isString() || json.stringValue().length() > longest) {
            throw wrong("a string of at most " + longest + " characters");
        }
        return json.stringValue();
    }

    String nonEmptyText(int longest) {
        String text = text(longest);
        if (text.isEmpty()) {
            throw problem("must not be empty");
        }
        return text;
    }

    boolean flag(boolean whenAbsent) {
        if (json == null || json.isNull()) {
            return whenAbsent;
        }
        if (!json.isBoolean()) {
            throw wrong("true or false");
        }
        return json.booleanValue();
    }

    int integer(int least, int most) {
        if (json == null
                || !json.isIntegralNumber()
                || !json.canConvertToInt()
                || json.intValue() < least
                || json.intValue() > most) {
            throw wrong("a whole number from " + least + " to " + most);
        }
        return json.intValue();
    }

    FormatException problem(String problem) {
        return new FormatException(file, -1, path, problem);
    }

    private FormatException wrong(String expected) {
        if (json == null) {
            return problem("is missing; expected " + expected);
        }
        String found = json.isContainer() ? json.getNodeType() + " of " + json.size() : json.toString();
        return problem("must be " + expected + ", was " + FormatException.printable(found));
    }
}
