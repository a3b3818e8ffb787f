package dev.nla4j.chat;

import dev.nla4j.format.InputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// One message of a conversation: a role, a content, and whatever else a model's template knows (tool calls, names,
/// channels), in the order given.
///
/// @param fields plain values: null, booleans, numbers, strings, lists and maps
public record Message(Map<String, @Nullable Object> fields) {
    public Message {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /// A message with nothing but a role and a text.
    public static Message of(String role, String content) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("role", role);
        fields.put("content", content);
        return new Message(fields);
    }

    /// The messages of a conversation: a JSON array of objects. What each must have is the template's to
    /// say.
    ///
    /// @throws InputException when `conversation` is something else; the message says which element
    public static List<Message> listOf(JsonNode conversation) {
        if (!conversation.isArray()) {
            throw new InputException("a conversation is an array of messages, not "
                    + conversation.getNodeType().name().toLowerCase(Locale.ROOT));
        }
        List<Message> messages = new ArrayList<>();
        for (JsonNode node : conversation) {
            String place = "message " + messages.size();
            if (!node.isObject()) {
                throw new InputException(
                        place + " is " + node.getNodeType().name().toLowerCase(Locale.ROOT) + ", expected an object");
            }
            messages.add(new Message(PlainJson.map(node)));
        }
        return List.copyOf(messages);
    }

    /// Who speaks; empty when the message does not say.
    public String role() {
        return fields.get("role") instanceof String role ? role : "";
    }

    /// The content when it is a plain text, else null (a list of parts, or nothing beside tool calls).
    public @Nullable String content() {
        return fields.get("content") instanceof String content ? content : null;
    }
}
