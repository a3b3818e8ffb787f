package dev.nla4j.nla.lint;

import dev.nla4j.format.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Settings of `tokenizer_config.json` that our own reading of tokenizers does without, and that other programs obey.
final class TokenizerConfig {
    private static final long LARGEST = 8 << 20;

    private TokenizerConfig() {}

    /// A flag; `silent` when the file, or the flag, is not there.
    static boolean flag(Half half, String name, boolean silent) {
        return value(half, name)
                .filter(JsonNode::isBoolean)
                .map(JsonNode::booleanValue)
                .orElse(silent);
    }

    /// A text; empty when it is not there.
    static String text(Half half, String name) {
        return value(half, name)
                .filter(JsonNode::isString)
                .map(JsonNode::stringValue)
                .orElse("");
    }

    private static Optional<JsonNode> value(Half half, String name) {
        Path file = half.folder().resolve("tokenizer_config.json");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        // A file that can't be read fails where the tokenizer is opened.
        return Attempt.of(() -> Json.read(file, LARGEST)).optional().map(tree -> tree.path(name));
    }
}
