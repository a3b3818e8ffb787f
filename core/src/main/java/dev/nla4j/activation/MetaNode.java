package dev.nla4j.activation;

import dev.nla4j.format.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A mapping of a sidecar that nobody vouches for: every value is checked where it is read, and errors name its
/// path.
final class MetaNode {
    private final Path file;
    private final String path;
    private final JsonNode node;

    MetaNode(Path file, String path, JsonNode node) {
        this.file = file;
        this.path = path;
        this.node = node;
        if (!node.isObject()) {
            throw new FormatException(file, -1, path.isEmpty() ? "content" : path, "is not a mapping");
        }
    }

    boolean has(String key) {
        JsonNode value = node.get(key);
        return value != null && !value.isNull();
    }

    MetaNode object(String key) {
        return new MetaNode(file, name(key), value(key));
    }

    @Nullable
    MetaNode objectOrNull(String key) {
        return has(key) ? object(key) : null;
    }

    /// Text, or a scalar that YAML takes for something else: a commit like `12345e7` is a number to it.
    String text(String key) {
        JsonNode value = value(key);
        if (!value.isValueNode()) {
            throw problem(key, "is a " + kind(value) + ", expected text");
        }
        return value.asString();
    }

    String textOr(String key, String otherwise) {
        return has(key) ? text(key) : otherwise;
    }

    @Nullable
    String textOrNull(String key) {
        return has(key) ? text(key) : null;
    }

    List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        for (JsonNode element : elements(key)) {
            if (!element.isValueNode()) {
                throw problem(key, "holds a " + kind(element) + ", expected texts");
            }
            texts.add(element.asString());
        }
        return texts;
    }

    @Nullable
    List<Integer> idsOrNull(String key) {
        if (!has(key)) {
            return null;
        }
        List<Integer> ids = new ArrayList<>();
        for (JsonNode element : elements(key)) {
            if (!element.isIntegralNumber() || !element.canConvertToInt() || element.intValue() < 0) {
                throw problem(key, "holds " + shown(element) + ", expected token ids");
            }
            ids.add(element.intValue());
        }
        return ids;
    }

    long integer(String key, long least, long most) {
        JsonNode value = value(key);
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < least
                || value.longValue() > most) {
            throw problem(key, "is " + shown(value) + ", expected a whole number from " + least + " to " + most);
        }
        return value.longValue();
    }

    double number(String key) {
        JsonNode value = value(key);
        if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
            throw problem(key, "is " + shown(value) + ", expected a number");
        }
        return value.doubleValue();
    }

    boolean flag(String key, boolean otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        if (!value(key).isBoolean()) {
            throw problem(key, "is " + shown(value(key)) + ", expected true or false");
        }
        return value(key).booleanValue();
    }

    <T> T oneOf(String key, T[] values, Function<T, String> name) {
        String text = text(key);
        for (T value : values) {
            if (name.apply(value).equals(text)) {
                return value;
            }
        }
        throw problem(
                key,
                "is " + text + ", expected one of "
                        + Arrays.stream(values).map(name).collect(Collectors.joining(", ")));
    }

    void require(String key, String expected) {
        String actual = text(key);
        if (!actual.equals(expected)) {
            throw problem(key, "is " + actual + ", expected " + expected);
        }
    }

    private List<JsonNode> elements(String key) {
        if (!has(key)) {
            return List.of();
        }
        JsonNode value = value(key);
        if (!value.isArray()) {
            throw problem(key, "is a " + kind(value) + ", expected a list");
        }
        return value.valueStream().toList();
    }

    private JsonNode value(String key) {
        JsonNode value = node.get(key);
        if (value == null || value.isNull()) {
            throw problem(key, "is missing");
        }
        return value;
    }

    private FormatException problem(String key, String problem) {
        return new FormatException(file, -1, name(key), problem);
    }

    private String name(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private static String shown(JsonNode value) {
        return value.isValueNode() ? value.asString() : "a " + kind(value);
    }

    private static String kind(JsonNode value) {
        return value.getNodeType().name().toLowerCase(Locale.ROOT);
    }
}
