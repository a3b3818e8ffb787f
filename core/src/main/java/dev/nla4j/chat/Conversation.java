package dev.nla4j.chat;

import dev.nla4j.format.InputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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

    /// What transformers refuses when it is something else than a list of objects.
    private static final Set<String> LISTS = Set.of("tools", "documents");

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
        Map<String, @Nullable Object> variables = !json.isObject()
                ? Map.of()
                : variables(json.properties().stream()
                        .filter(entry -> !entry.getKey().equals(MESSAGES))
                        .toList());
        return new Conversation(Message.listOf(messages == null ? json : messages), variables);
    }

    /// Variables as plain values. Those that stand together count before others of their name, in whichever
    /// order they come: they were written for the template, the others maybe for other programs, too.
    ///
    /// @param given names with their values, or with all those that stand together
    /// @throws InputException when one is not a variable that may be set, or not of the shape that
    ///     templates expect
    public static Map<String, @Nullable Object> variables(List<Map.Entry<String, JsonNode>> given) {
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
        Map<String, @Nullable Object> together = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : given) {
            JsonNode value = entry.getValue();
            if (!entry.getKey().equals(TOGETHER)) {
                put(variables, "", entry);
            } else if (value.isObject() || value.isNull()) {
                value.properties().forEach(inner -> put(together, TOGETHER + ".", inner));
            } else {
                throw new InputException(TOGETHER + " must be an object of variables");
            }
        }
        variables.putAll(together);
        return variables;
    }

    private static void put(
            Map<String, @Nullable Object> variables, String place, Map.Entry<String, JsonNode> variable) {
        String name = variable.getKey();
        if (TAKEN.contains(name)) {
            throw new InputException(name + " is no variable to be set: templates have it from the program or the"
                    + " tokenizer (nla chat render has --add-generation-prompt, --bos, --eos, --pad); take it out");
        }
        if (LISTS.contains(name)) {
            requireObjects(place + name, variable.getValue());
        }
        variables.put(name, PlainJson.value(variable.getValue()));
    }

    private static void requireObjects(String place, JsonNode value) {
        if (!value.isArray() && !value.isNull()) {
            throw new InputException(place + " must be a list of objects, or null, was " + kind(value));
        }
        for (int i = 0; i < value.size(); i++) {
            if (!value.get(i).isObject()) {
                throw new InputException(place + "[" + i + "] must be an object, was " + kind(value.get(i)));
            }
        }
    }

    private static String kind(JsonNode value) {
        return value.getNodeType().name().toLowerCase(Locale.ROOT);
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
