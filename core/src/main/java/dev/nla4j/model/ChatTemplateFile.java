package dev.nla4j.model;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.format.gguf.GgufMetadata;
import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Where a model keeps its chat templates. A folder has `chat_template.jinja` with named ones in
/// `additional_chat_templates`, or inside `tokenizer_config.json` a text or named ones as a list or an object; a
/// GGUF file has `tokenizer.chat_template` with named ones behind further dots. Of the named ones `default`
/// counts, and `tool_use` for conversations with tools. `chat_template.json` is for processors of pictures,
/// and no tokenizer of transformers reads it; it counts where there is nothing else.
final class ChatTemplateFile {
    private static final long LARGEST_JSON = 8 << 20;
    private static final String FIELD = "chat_template";
    private static final String DEFAULT = "default";
    private static final String TOOL_USE = "tool_use";
    private static final String GGUF_KEY = "tokenizer.chat_template";

    private ChatTemplateFile() {}

    /// A template's text and where it stands, for messages.
    private record Source(String text, String place) {}

    static @Nullable ChatTemplate in(Path folder) {
        Map<String, Source> named = files(folder);
        for (String name : new String[] {"tokenizer_config.json", "chat_template.json"}) {
            Path file = folder.resolve(name);
            // as in transformers, the first place with a default has all the others too
            if (!named.containsKey(DEFAULT) && Files.exists(file)) {
                inside(Fields.of(file, Json.read(file, LARGEST_JSON))).forEach(named::putIfAbsent);
            }
        }
        return chosen(named);
    }

    /// @param file named in errors
    static @Nullable ChatTemplate in(GgufMetadata metadata, Path file) {
        Map<String, Source> named = new HashMap<>();
        Map.of(DEFAULT, GGUF_KEY, TOOL_USE, GGUF_KEY + "." + TOOL_USE).forEach((name, key) -> {
            if (metadata.has(key)) {
                named.put(name, new Source(metadata.string(key), file + ": " + key));
            }
        });
        return chosen(named);
    }

    /// The texts of a GGUF file's templates, by the names of the files that a folder has for them.
    static SortedMap<String, String> texts(GgufMetadata metadata) {
        SortedMap<String, String> texts = new TreeMap<>();
        for (String key : metadata.keys()) {
            String file = key.startsWith(GGUF_KEY + ".") ? key.substring(GGUF_KEY.length() + 1) + ".jinja" : "";
            if (key.equals(GGUF_KEY)) {
                texts.put("chat_template.jinja", metadata.string(key));
            } else if (SmallFiles.isTemplate(file)) {
                texts.put(SmallFiles.TEMPLATES + "/" + file, metadata.string(key));
            }
        }
        return texts;
    }

    private static @Nullable ChatTemplate chosen(Map<String, Source> named) {
        Source source = named.get(DEFAULT);
        if (source == null) {
            return null;
        }
        ChatTemplate template = ChatTemplate.parse(source.text(), source.place());
        Source tools = named.get(TOOL_USE);
        return tools == null ? template : template.withToolUse(tools.text(), tools.place());
    }

    /// Templates in files of their own.
    private static Map<String, Source> files(Path folder) {
        Map<String, Source> named = new HashMap<>();
        put(named, DEFAULT, folder.resolve("chat_template.jinja"));
        Path additional = folder.resolve(SmallFiles.TEMPLATES);
        put(named, DEFAULT, additional.resolve(DEFAULT + ".jinja"));
        put(named, TOOL_USE, additional.resolve(TOOL_USE + ".jinja"));
        return named;
    }

    private static void put(Map<String, Source> named, String name, Path file) {
        if (Files.exists(file)) {
            named.put(name, new Source(Json.text(file, SmallFiles.LARGEST_TEMPLATE), file.toString()));
        }
    }

    /// Templates inside a JSON file.
    private static Map<String, Source> inside(Fields fields) {
        Map<String, Source> named = new HashMap<>();
        String place = fields.file() + ": " + FIELD;
        JsonNode value = fields.node().get(FIELD);
        if (value != null && value.isObject()) {
            Fields texts = new Fields(fields.file(), FIELD, value);
            value.propertyNames()
                    .forEach(name -> named.put(name, new Source(texts.requiredText(name), place + "." + name)));
            return named;
        }
        if (value == null || !value.isArray()) {
            fields.text(FIELD).ifPresent(text -> named.put(DEFAULT, new Source(text, place)));
            return named;
        }
        for (JsonNode element : value.values()) {
            Fields entry = new Fields(fields.file(), FIELD, element);
            String name = entry.requiredText("name");
            String of = name.equals(DEFAULT) ? place : place + " " + name;
            entry.text("template").ifPresent(text -> named.put(name, new Source(text, of)));
        }
        return named;
    }
}
