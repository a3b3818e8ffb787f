package dev.nla4j.format.json;

import dev.nla4j.format.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Typed, checked access to the members of one JSON or YAML object. An absent member and a `null` are the same;
/// a member of the wrong type is a [FormatException] that names file, member and both types.
///
/// @param path where the object stands in the file, for messages; empty for the top
public record Fields(Path file, String path, JsonNode node) {
    private static final long LARGEST_EXACT = (1L << 53) - 1;

    public Fields {
        if (!node.isObject()) {
            throw new FormatException(
                    file, -1, path.isEmpty() ? "content" : path, "must be an object, was " + kind(node));
        }
    }

    /// The top-level object of a file.
    public static Fields of(Path file, JsonNode node) {
        return new Fields(file, "", node);
    }

    public boolean has(String name) {
        return find(name) != null;
    }

    /// Whether the member is written as `null`, where that means something else than leaving it out.
    public boolean isNull(String name) {
        JsonNode value = node.get(name);
        return value != null && value.isNull();
    }

    /// A whole number in [least, most]; `otherwise` when absent.
    public long integer(String name, long otherwise, long least, long most) {
        JsonNode value = find(name);
        return value == null ? otherwise : integer(name, value, least, most);
    }

    /// A whole number in [least, most] that must be there.
    public long integer(String name, long least, long most) {
        return integer(name, required(name), least, most);
    }

    /// A finite number; `otherwise` when absent.
    public double number(String name, double otherwise) {
        JsonNode value = find(name);
        return value == null ? otherwise : number(name, value);
    }

    /// A finite number that must be there.
    public double number(String name) {
        return number(name, required(name));
    }

    public boolean bool(String name, boolean otherwise) {
        JsonNode value = find(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.isBoolean()) {
            throw wrong(name, "true or false", value);
        }
        return value.booleanValue();
    }

    /// A text, empty when absent.
    public Optional<String> text(String name) {
        JsonNode value = find(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isString()) {
            throw wrong(name, "a text", value);
        }
        return Optional.of(value.stringValue());
    }

    /// A text that must be there.
    public String requiredText(String name) {
        return text(name).orElseThrow(() -> missing(name));
    }

    /// An object, empty when absent.
    public Optional<Fields> object(String name) {
        JsonNode value = find(name);
        return value == null ? Optional.empty() : Optional.of(new Fields(file, at(name), value));
    }

    /// The elements of an array, empty when absent.
    public Optional<List<JsonNode>> array(String name) {
        JsonNode value = find(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isArray()) {
            throw wrong(name, "an array", value);
        }
        return Optional.of(List.copyOf(value.values()));
    }

    /// An array of texts, empty when absent.
    public Optional<List<String>> texts(String name) {
        return array(name).map(values -> {
            List<String> texts = new ArrayList<>();
            for (JsonNode value : values) {
                if (!value.isString()) {
                    throw wrong(name, "an array of texts", value);
                }
                texts.add(value.stringValue());
            }
            return List.copyOf(texts);
        });
    }

    /// An array of finite numbers, empty when absent.
    public Optional<List<Float>> numbers(String name) {
        return array(name)
                .map(values -> values.stream().map(v -> (float) number(name, v)).toList());
    }

    /// One whole number or an array of them, each in [least, most]; empty when absent.
    public List<Integer> integers(String name, int least, int most) {
        JsonNode value = find(name);
        if (value == null) {
            return List.of();
        }
        List<JsonNode> values = value.isArray() ? List.copyOf(value.values()) : List.of(value);
        return values.stream().map(v -> (int) integer(name, v, least, most)).toList();
    }

    /// An error about one member.
    public FormatException wrong(String name, String problem) {
        return new FormatException(file, -1, at(name), problem);
    }

    private long integer(String name, JsonNode value, long least, long most) {
        double number = value.isNumber() ? value.doubleValue() : Double.NaN;
        if (number != Math.rint(number) || Math.abs(number) > LARGEST_EXACT) {
            throw wrong(name, "a whole number", value);
        }
        long integer = (long) number;
        if (integer < least || integer > most) {
            throw wrong(name, "must be " + (least == most ? least : least + " to " + most) + ", was " + integer);
        }
        return integer;
    }

    private double number(String name, JsonNode value) {
        if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
            throw wrong(name, "a finite number", value);
        }
        return value.doubleValue();
    }

    private @Nullable JsonNode find(String name) {
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }

    private JsonNode required(String name) {
        JsonNode value = find(name);
        if (value == null) {
            throw missing(name);
        }
        return value;
    }

    private FormatException missing(String name) {
        return wrong(name, "is missing");
    }

    private FormatException wrong(String name, String expected, JsonNode found) {
        return wrong(name, "must be " + expected + ", was " + kind(found));
    }

    private String at(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private static String kind(JsonNode node) {
        String type = node.getNodeType().toString().toLowerCase(java.util.Locale.ROOT);
        return node.isNull() ? "null" : node.isContainer() ? type + " of " + node.size() : type + " " + node;
    }
}
