package dev.nla4j.train.config;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.NearestName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// One level of a configuration while it is read. Each read gives the key's value or the default, and notes it in the
/// resolved tree; [#done] then refuses keys that nobody read. Types are checked here, ranges by the records.
public final class Section {
    private final String path;
    private final ObjectNode given;
    private final ObjectNode resolved;
    private final Set<String> known = new TreeSet<>();
    private final Set<String> elsewhere = new TreeSet<>();
    private final List<Section> children = new ArrayList<>();

    Section(String path, ObjectNode given, ObjectNode resolved) {
        this.path = path;
        this.given = given;
        this.resolved = resolved;
    }

    /// Names a key that others have read and taken away: it is suggested like those read here.
    Section suggesting(String key) {
        elsewhere.add(key);
        return this;
    }

    /// The level below; without keys when the configuration does not have it.
    public Section section(String key) {
        JsonNode child = find(key);
        ObjectNode below = switch (child) {
            case null -> given.objectNode();
            case ObjectNode object -> object;
            default -> throw wrong(key, "keys with values", child);
        };
        Section section = new Section(at(key), below, resolved.putObject(key));
        children.add(section);
        return section;
    }

    public int integer(String key, int otherwise) {
        JsonNode value = find(key);
        if (value != null && !(value.isIntegralNumber() && value.canConvertToInt())) {
            throw wrong(key, "a whole number below 2^31", value);
        }
        int number = value == null ? otherwise : value.intValue();
        resolved.put(key, number);
        return number;
    }

    public long whole(String key, long otherwise) {
        JsonNode value = find(key);
        if (value != null && !(value.isIntegralNumber() && value.canConvertToLong())) {
            throw wrong(key, "a whole number below 2^63", value);
        }
        long number = value == null ? otherwise : value.longValue();
        resolved.put(key, number);
        return number;
    }

    public double number(String key, double otherwise) {
        JsonNode value = find(key);
        if (value != null && !(value.isNumber() && Double.isFinite(value.doubleValue()))) {
            throw wrong(key, "a finite number", value);
        }
        double number = value == null ? otherwise : value.doubleValue();
        resolved.put(key, number);
        return number;
    }

    public boolean flag(String key, boolean otherwise) {
        JsonNode value = find(key);
        if (value != null && !value.isBoolean()) {
            throw wrong(key, "true or false", value);
        }
        boolean flag = value == null ? otherwise : value.booleanValue();
        resolved.put(key, flag);
        return flag;
    }

    public String text(String key, String otherwise) {
        String text = optionalText(key).orElse(otherwise);
        resolved.put(key, text);
        return text;
    }

    /// A text, or a number as it stands.
    public String textOrNumber(String key, String otherwise) {
        JsonNode value = find(key);
        String text = value != null && value.isIntegralNumber() ? value.asString() : text(key, otherwise);
        resolved.put(key, text);
        return text;
    }

    /// A text that must be there.
    public String text(String key) {
        return optionalText(key).orElseThrow(() -> new ConfigException(at(key) + ": is missing"));
    }

    /// A text that may be absent; it is then absent from the resolved tree too.
    public Optional<String> optionalText(String key) {
        JsonNode value = find(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isString()) {
            throw wrong(key, "a text", value);
        }
        resolved.put(key, value.stringValue());
        return Optional.of(value.stringValue());
    }

    /// Those of the keys that are given, in their order: single values as they are written.
    public Map<String, String> words(List<String> keys) {
        Map<String, String> words = new LinkedHashMap<>();
        for (String key : keys) {
            JsonNode value = find(key);
            if (value == null) {
                continue;
            }
            if (!value.isValueNode()) {
                throw wrong(key, "a single value", value);
            }
            resolved.set(key, value);
            words.put(key, value.asString());
        }
        return Collections.unmodifiableMap(words);
    }

    /// One of an enum's values, written in small letters with dashes.
    public <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) {
        String written = text(key, label(otherwise));
        for (E constant : type.getEnumConstants()) {
            if (label(constant).equals(written)) {
                return constant;
            }
        }
        List<String> names =
                Arrays.stream(type.getEnumConstants()).map(Section::label).toList();
        String hint = NearestName.of(written, names)
                .map(nearest -> "; did you mean " + nearest + "?")
                .orElse("");
        throw new ConfigException(at(key) + ": must be one of " + String.join(", ", names) + ", was " + written + hint);
    }

    private static String label(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// Makes a record from values of this section: what its constructor refuses is reported under this path.
    public <T> T build(Supplier<T> record) {
        try {
            return record.get();
        } catch (IllegalArgumentException e) {
            throw new ConfigException((path.isEmpty() ? "" : path + ".") + e.getMessage());
        }
    }

    /// Refuses keys that were never asked for, here and below, and suggests the nearest that was.
    ///
    /// @throws ConfigException that names the key's path
    public void done() {
        for (String key : given.propertyNames()) {
            if (!known.contains(key)) {
                Set<String> names = new TreeSet<>(known);
                names.addAll(elsewhere);
                String hint = NearestName.of(key, names)
                        .map(nearest -> "did you mean " + nearest + "?")
                        .orElse("known here: " + String.join(", ", names));
                throw new ConfigException(FormatException.printable(at(key)) + ": is no known key; " + hint);
            }
        }
        children.forEach(Section::done);
    }

    /// Everything read so far, defaults included, in the order of reading: what a run's folder keeps.
    public ObjectNode resolved() {
        return resolved;
    }

    private @Nullable JsonNode find(String key) {
        known.add(key);
        JsonNode value = given.get(key);
        return value == null || value.isNull() ? null : value;
    }

    private String at(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private ConfigException wrong(String key, String expected, JsonNode found) {
        return new ConfigException(
                at(key) + ": must be " + expected + ", was " + FormatException.printable(found.toString()));
    }
}
