package dev.nla4j.chat;

import dev.nla4j.chat.jinja.JinjaTemplate;
import dev.nla4j.chat.jinja.Limits;
import dev.nla4j.chat.jinja.Rendering;
import dev.nla4j.chat.jinja.TemplateException;
import dev.nla4j.format.InputException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A model's own way to write a conversation down, rendered as `apply_chat_template` of transformers renders it.
public final class ChatTemplate {
    /// Names under which messages carry what the assistant thought; the first is the one templates read.
    private static final List<String> REASONING = List.of("reasoning_content", "thinking", "reasoning");

    /// Templates of agents go through all messages for each one (which call does this result belong to?):
    /// Command R7B's takes twenty steps a pair of messages, and a fixed limit would refuse long
    /// conversations.
    private static final long STEPS_A_PAIR = 40;
    /// So that a hostile template ends in seconds beside a conversation of any length.
    private static final long MOST_MESSAGES_COUNTED = 1500;

    private final JinjaTemplate template;
    private final @Nullable ToolUse toolUse;

    private ChatTemplate(JinjaTemplate template, @Nullable ToolUse toolUse) {
        this.template = template;
        this.toolUse = toolUse;
    }

    /// The template of conversations with tools, parsed where one of them comes: it may be broken, and that
    /// concerns no other conversation.
    private record ToolUse(String source, String name) {
        JinjaTemplate parse() {
            return JinjaTemplate.parse(source, name, Limits.DEFAULT);
        }
    }

    /// Parses a template.
    ///
    /// @param name of the template, for messages
    /// @throws TemplateException when `source` is no template
    public static ChatTemplate parse(String source, String name) {
        return new ChatTemplate(JinjaTemplate.parse(source, name, Limits.DEFAULT), null);
    }

    /// This template with another one for conversations with tools.
    ///
    /// @param name of the other one, for messages
    public ChatTemplate withToolUse(String source, String name) {
        return new ChatTemplate(template, new ToolUse(source, name));
    }

    /// The conversation as one text.
    ///
    /// @throws InputException when there is no message
    /// @throws TemplateException when the template refuses the conversation or fails
    public String render(RenderOptions options) {
        return renderWithSpans(options).text();
    }

    /// A user's message as a conversation of its own, with the beginning of the answer: what a verbalizer is asked.
    ///
    /// @throws TemplateException as [#render]
    public String asked(String message, SpecialStrings specials) {
        return render(RenderOptions.timeless(Message.of("user", message))
                .withGenerationPrompt(true)
                .withSpecials(specials));
    }

    /// The conversation as one text, with the places where the assistant speaks, as far as the template marks them with
    /// `generation` tags.
    ///
    /// @throws InputException when there is no message
    /// @throws TemplateException when the template refuses the conversation or fails
    public Rendering renderWithSpans(RenderOptions options) {
        if (options.messages().isEmpty()) {
            throw new InputException("the conversation is empty: it needs one message at least");
        }
        Map<String, @Nullable Object> variables =
                new LinkedHashMap<>(options.specials().tokens());
        variables.put(
                "messages",
                options.messages().stream()
                        .map(message -> withReasoning(withoutNulls(message.fields())))
                        .toList());
        variables.put("tools", null);
        variables.put("documents", null);
        variables.put("add_generation_prompt", options.addGenerationPrompt());
        variables.putAll(options.variables());
        JinjaTemplate chosen = toolUse == null || variables.get("tools") == null ? template : toolUse.parse();
        long counted = Math.min(options.messages().size(), MOST_MESSAGES_COUNTED);
        return chosen.render(variables, options.now(), STEPS_A_PAIR * counted * counted);
    }

    /// What a message says `null` of it doesn't have, as in transformers: APIs write `"content": null`
    /// beside tool calls, and templates that only ask whether there is a content would print `None`.
    private static Map<String, @Nullable Object> withoutNulls(Map<String, @Nullable Object> message) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>(message);
        fields.values().removeIf(Objects::isNull);
        return fields;
    }

    /// The fields of a message with its reasoning under all names that templates look for, as transformers
    /// does it.
    private static Map<String, @Nullable Object> withReasoning(Map<String, @Nullable Object> message) {
        Object reasoning = REASONING.stream()
                .map(message::get)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        if (reasoning == null) {
            return message;
        }
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("thinking", reasoning);
        fields.putAll(message);
        fields.put("reasoning_content", reasoning);
        return fields;
    }
}
