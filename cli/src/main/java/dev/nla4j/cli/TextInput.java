package dev.nla4j.cli;

import dev.nla4j.chat.Message;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

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

    /// A conversation in a file: a JSON array of messages, or an object that holds it as `messages`.
    static List<Message> conversation(Path file) {
        var json = Json.read(file, LARGEST_TEXT);
        var messages = json.isObject() && json.has("messages") ? json.get("messages") : json;
        try {
            return Message.listOf(messages);
        } catch (InputException e) {
            throw new InputException(file + ": " + e.getMessage(), e);
        }
    }
}
