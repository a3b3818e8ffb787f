package dev.nla4j.cli;

import dev.nla4j.chat.Conversation;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/// Where a text comes from besides the command line itself.
final class TextInput {
    private static final long LARGEST_TEXT = 64 << 20;

    @Option(names = "--file", paramLabel = "F", description = "Read the text from this file, byte for byte, as UTF-8.")
    @Nullable
    Path file;

    /// The one text that was given: on the command line or as a file.
    String text(@Nullable String given) {
        if ((given == null) == (file == null)) {
            throw new IllegalArgumentException("give a text or --file, one of them");
        }
        return given != null ? given : Json.exactText(java.util.Objects.requireNonNull(file), LARGEST_TEXT);
    }

    /// A conversation in a file: a JSON array of messages, or an object that holds it as `messages` beside
    /// variables.
    static Conversation conversation(Path file) {
        JsonNode json = Json.readConversation(file, LARGEST_TEXT);
        return naming(file, () -> Conversation.of(json));
    }

    /// A conversation whose errors name the file.
    static Conversation naming(Path file, Supplier<Conversation> reading) {
        try {
            return reading.get();
        } catch (InputException e) {
            throw new InputException(file + ": " + e.getMessage(), e);
        }
    }
}
