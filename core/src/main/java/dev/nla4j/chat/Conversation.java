package dev.nla4j.chat;

import dev.nla4j.format.InputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A conversation as files hold it: its messages, and what else the template may know of it (`tools`,
/// `documents`, `enable_thinking`, ...).
///
/// @param variables plain values by their names
public record Conversation(List<Message> messages, Map<String, @Nullable Object> variables) {
    /// What templates have from elsewhere: the program itself, the tokenizer, the language of templates.
    private static final Set<String> TAKEN = Set.of(
            "messages",
            "add_generation_prompt",
            "bos_token",
            "eos_token",
            "pad_token",
            "unk_token",
            "sep_token",
            "cls_token",
            "mask_token",
            "cycler",
            "dict",
            "joiner",
            "lipsum",
            "namespace",
            "raise_exception",
            "range",
            "strftime_now");

    private static final String MESSAGES = "messages";
    /// Under this name servers take variables together.
    private static final String TOGETHER = "chat_template_kwargs";

    public Conversation {
        messages = List.copyOf(messages);
        variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
    }

    /// An array of messages, or an object that holds it as `messages` beside variables; those may stand
    /// together in `chat_template_kwargs` too, as servers take them.
    ///
    /// @throws InputException when `json` is something else, or has a variable that is not its to say
    public static Conversation of(JsonNode json) {
        JsonNode messages = json.isObject() ? json.get(MESSAGES) : json;
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
        if (json.isObject()) {
            json.properties().stream()
                    .filter(entry -> !entry.getKey().equals(MESSAGES))
                    .forEach(entry -> variables.putAll(variable(entry.getKey(), entry.getValue())));
        }
        return new Conversation(Message.listOf(messages == null ? json : messages), variables);
    }

    /// A variable as plain value, or all those that stand together under one name.
    ///
    /// @throws InputException when it is not a variable that may be set
    public static Map<String, @Nullable Object> variable(String name, JsonNode value) {
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
        if (name.equals(TOGETHER)) {
            if (!value.isObject() && !value.isNull()) {
                throw new InputException(TOGETHER + " must be an object of variables");
            }
            value.properties().forEach(entry -> {
                requireFree(entry.getKey());
                variables.put(entry.getKey(), PlainJson.value(entry.getValue()));
            });
        } else {
            requireFree(name);
            variables.put(name, PlainJson.value(value));
        }
        return variables;
    }

    private static void requireFree(String name) {
        if (TAKEN.contains(name)) {
            throw new InputException(name + " is no variable to be set: templates have it from the program or the"
                    + " tokenizer (nla chat render has --add-generation-prompt, --bos, --eos, --pad); take it out");
        }
    }

    /// This conversation, where each message says who speaks.
    ///
    /// @throws InputException when one doesn't; the message says which
    public Conversation withRoles() {
        for (int i = 0; i < messages.size(); i++) {
            if (messages.get(i).role().isEmpty()) {
                throw new InputException("message " + i + " has no role, expected a string \"role\"");
            }
        }
        return this;
    }

    /// This conversation with `others` beside its own variables, and before them.
    public Conversation withVariables(Map<String, @Nullable Object> others) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>(variables);
        all.putAll(others);
        return new Conversation(messages, all);
    }

    /// What a template is given of it, at the present time.
    public RenderOptions options() {
        return RenderOptions.of(messages).withVariables(variables);
    }
}
