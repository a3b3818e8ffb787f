package dev.nla4j.train.config;

import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A configuration before it is read: the file's tree with one of its variants and `--set` laid over it.
///
/// Precedence is the order of calls: file, then variant, then `--set`; what none of them says is the default
/// of the code that reads ([Section]).
public final class ConfigTree {
    private static final long LONGEST = 1 << 20;
    private static final String VARIANTS = "variants";
    private static final Path COMMAND_LINE = Path.of("--set");

    private final ObjectNode root;

    private ConfigTree(ObjectNode root) {
        this.root = root;
    }

    /// Nothing but defaults.
    public static ConfigTree empty() {
        return new ConfigTree(Json.mapper().createObjectNode());
    }

    /// The tree of a YAML file of at most 1 MB; an empty file is a tree without keys.
    public static ConfigTree read(Path file) {
        if (Json.text(file, LONGEST).isBlank()) {
            return empty();
        }
        return of(file.toString(), Json.readYaml(file, LONGEST));
    }

    /// The tree of YAML text; `name` is named in errors.
    public static ConfigTree parse(String name, String yaml) {
        return of(name, Json.parseYaml(Path.of(name), yaml));
    }

    private static ConfigTree of(String name, JsonNode node) {
        if (node instanceof ObjectNode object) {
            return new ConfigTree(object);
        }
        String found = node.isArray() ? "a list" : node.isNull() ? "nothing" : "a single value";
        throw new ConfigException(name + ": must be keys with values, was " + found);
    }

    /// Lays `a.b=c` over the tree; the value is YAML, so that `3`, `true`, `[1, 2]` and texts mean what they look like.
    public ConfigTree set(String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException("--set " + assignment + ": must look like train.rl.group-size=4");
        }
        String value = assignment.substring(equals + 1);
        JsonNode parsed =
                value.isBlank() ? Json.mapper().getNodeFactory().stringNode("") : Json.parseYaml(COMMAND_LINE, value);
        return set(assignment.substring(0, equals), parsed);
    }

    private ConfigTree set(String path, JsonNode value) {
        ObjectNode copy = root.deepCopy();
        ObjectNode at = copy;
        String[] keys = path.split("\\.", -1);
        for (int i = 0; i < keys.length - 1; i++) {
            JsonNode child = at.get(keys[i]);
            if (child == null || child.isNull()) {
                at = at.putObject(keys[i]);
            } else if (child instanceof ObjectNode object) {
                at = object;
            } else {
                throw new ConfigException(path + ": " + keys[i] + " is a value and has no keys below it");
            }
        }
        at.set(keys[keys.length - 1], value);
        return new ConfigTree(copy);
    }

    /// The tree without its `variants`, with the named one of them laid over: another form of the same run.
    ///
    /// @param name null for the run itself
    public ConfigTree variant(@Nullable String name) {
        ObjectNode copy = root.deepCopy();
        JsonNode variants = copy.remove(VARIANTS);
        if (name == null) {
            return new ConfigTree(copy);
        }
        if (variants == null || !(variants.get(name) instanceof ObjectNode chosen)) {
            throw new ConfigException(VARIANTS + "." + name + ": is missing: this configuration has no such form");
        }
        lay(copy, chosen);
        return new ConfigTree(copy);
    }

    private static void lay(ObjectNode under, ObjectNode over) {
        over.properties().forEach(entry -> {
            if (under.get(entry.getKey()) instanceof ObjectNode below && entry.getValue() instanceof ObjectNode above) {
                lay(below, above);
            } else {
                under.set(entry.getKey(), entry.getValue());
            }
        });
    }

    /// The top of the tree, to be read once; what is read, with its defaults, gathers in [Section#resolved].
    public Section section() {
        return new Section("", root, Json.mapper().createObjectNode()).suggesting(VARIANTS);
    }
}
