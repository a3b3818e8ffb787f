package dev.nla4j.model;

import dev.nla4j.chat.SpecialStrings;
import dev.nla4j.format.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// The special tokens that a model's files name for its template, as transformers finds them: every
/// `..._token` of `tokenizer_config.json` (`sep_token`, `image_token`, ...), and those that
/// `extra_special_tokens` has names for.
final class TemplateTokens {
    private static final String EXTRA = "extra_special_tokens";

    private TemplateTokens() {}

    /// @param largest most bytes of a file
    static SpecialStrings in(Path folder, long largest) {
        Path file = folder.resolve("tokenizer_config.json");
        if (!Files.isRegularFile(file)) {
            return named(folder, largest);
        }
        JsonNode config = Json.read(file, largest);
        SpecialStrings tokens = named(config);
        // A tokenizer's older form, where what it adds is not in this file either.
        return config.has("added_tokens_decoder") ? tokens : tokens.or(named(folder, largest));
    }

    private static SpecialStrings named(Path folder, long largest) {
        Path file = folder.resolve("special_tokens_map.json");
        return Files.isRegularFile(file) ? named(Json.read(file, largest)) : SpecialStrings.NONE;
    }

    private static SpecialStrings named(JsonNode file) {
        SpecialStrings tokens = SpecialStrings.NONE;
        for (Map.Entry<String, JsonNode> entry : file.properties()) {
            if (entry.getKey().endsWith("_token")) {
                tokens = with(tokens, entry.getKey(), entry.getValue());
            }
        }
        for (Map.Entry<String, JsonNode> entry : file.path(EXTRA).properties()) {
            tokens = with(tokens, entry.getKey(), entry.getValue());
        }
        return tokens;
    }

    /// A token is given as a text, or as an object with its text as `content`.
    private static SpecialStrings with(SpecialStrings tokens, String name, JsonNode token) {
        JsonNode text = token.isObject() ? token.path("content") : token;
        return text.isString() ? tokens.with(name, text.stringValue()) : tokens;
    }
}
