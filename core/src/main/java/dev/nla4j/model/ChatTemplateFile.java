package dev.nla4j.model;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Where a model's folder keeps its chat template: `chat_template.jinja`, or inside `tokenizer_config.json`
/// as a text or as a list of named ones, of which `default` counts. `chat_template.json` is for processors
/// of pictures, and no tokenizer of transformers reads it; it counts where there is nothing else.
final class ChatTemplateFile {
    private static final long LARGEST_TEMPLATE = 1 << 20;
    private static final long LARGEST_JSON = 8 << 20;
    private static final String FIELD = "chat_template";

    private ChatTemplateFile() {}

    static @Nullable ChatTemplate in(Path folder) {
        Path jinja = folder.resolve("chat_template.jinja");
        if (Files.exists(jinja)) {
            return ChatTemplate.parse(Json.text(jinja, LARGEST_TEMPLATE), jinja.toString());
        }
        for (String name : new String[] {"tokenizer_config.json", "chat_template.json"}) {
            Path file = folder.resolve(name);
            if (Files.exists(file)) {
                Fields fields = Fields.of(file, Json.read(file, LARGEST_JSON));
                Optional<String> source = source(fields);
                if (source.isPresent()) {
                    return ChatTemplate.parse(source.get(), file + ": " + FIELD);
                }
            }
        }
        return null;
    }

    private static Optional<String> source(Fields fields) {
        JsonNode value = fields.node().get(FIELD);
        if (value == null || !value.isArray()) {
            return fields.text(FIELD);
        }
        for (JsonNode named : value.values()) {
            Fields entry = new Fields(fields.file(), FIELD, named);
            if (entry.requiredText("name").equals("default")) {
                return entry.text("template");
            }
        }
        return Optional.empty();
    }
}
