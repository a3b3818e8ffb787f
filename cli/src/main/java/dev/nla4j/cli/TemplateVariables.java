package dev.nla4j.cli;

import dev.nla4j.chat.Conversation;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/// What a chat template is told beside the messages.
final class TemplateVariables {
    private static final String OPTION = "--var";

    @Option(
            names = OPTION,
            paramLabel = "NAME=JSON",
            description = "Tell the chat template a variable, such as enable_thinking=false or"
                    + " 'date_string=\"26 Jul 2024\"'; goes before what the conversation's file says. May be repeated.")
    List<String> assignments = List.of();

    /// The variables by their names.
    Map<String, @Nullable Object> variables() {
        List<Map.Entry<String, JsonNode>> given =
                assignments.stream().map(TemplateVariables::variable).toList();
        try {
            return Conversation.variables(given);
        } catch (InputException e) {
            throw new IllegalArgumentException(OPTION + " " + e.getMessage(), e);
        }
    }

    private static Map.Entry<String, JsonNode> variable(String assignment) {
        int end = assignment.indexOf('=');
        if (end < 1) {
            throw new IllegalArgumentException(
                    OPTION + ": must be NAME=JSON, such as enable_thinking=false; was " + assignment);
        }
        String name = assignment.substring(0, end);
        String value = assignment.substring(end + 1);
        try {
            return Map.entry(name, Json.parseConversation(Path.of(OPTION), value));
        } catch (FormatException e) {
            throw new IllegalArgumentException(
                    OPTION + " " + name + ": " + value + " is no JSON; a text stands in quotes: " + OPTION + " '" + name
                            + "=\"text\"'",
                    e);
        }
    }

    /// A file's conversation with these variables beside its own, and before them.
    Conversation conversation(Path file) {
        Map<String, @Nullable Object> own = variables();
        return TextInput.conversation(file).withVariables(own);
    }

    /// As [#conversation], where each message must say who speaks, so that a token can be told whose it is.
    Conversation conversationOfRoles(Path file) {
        Conversation conversation = conversation(file);
        return TextInput.naming(file, conversation::withRoles);
    }

    /// Refuses variables where no template is asked.
    void requireNone() {
        if (!assignments.isEmpty()) {
            throw new IllegalArgumentException(OPTION + " is for a conversation's template; give --chat too");
        }
    }
}
