package dev.nla4j.chat;

import dev.nla4j.chat.jinja.JinjaTemplate;
import dev.nla4j.chat.jinja.Limits;
import dev.nla4j.chat.jinja.Rendering;
import dev.nla4j.chat.jinja.TemplateException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A model's own way to write a conversation down, rendered as `apply_chat_template` of transformers renders it.
public final class ChatTemplate {
    /// Names under which messages carry what the assistant thought; the first is the one templates read.
    private static final List<String> REASONING = List.of("reasoning_content", "thinking", "reasoning");

    private final JinjaTemplate template;

    private ChatTemplate(JinjaTemplate template) {
        this.template = template;
    }

    /// Parses a template.
    ///
    /// @param name of the template, for messages
    /// @throws TemplateException when `source` is no template
    public static ChatTemplate parse(String source, String name) {
        return new ChatTemplate(JinjaTemplate.parse(source, name, Limits.DEFAULT));
    }

    /// The conversation as one text.
    ///
    /// @throws TemplateException when the template refuses the conversation or fails
    public String render(RenderOptions options) {
        return renderWithSpans(options).text();
    }

    /// The conversation as one text, with the places where the assistant speaks, as far as the template marks them with
    /// `generation` tags.
    ///
    /// @throws TemplateException when the template refuses the conversation or fails
    public Rendering renderWithSpans(RenderOptions options) {
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
        variables.put(
                "messages",
                options.messages().stream()
                        .map(message -> withReasoning(withoutNulls(message.fields())))
                        .toList());
        variables.put("tools", null);
        variables.put("documents", null);
        variables.put("add_generation_prompt", options.addGenerationPrompt());
        putIfThere(variables, "bos_token", options.specials().bos());
        putIfThere(variables, "eos_token", options.specials().eos());
        putIfThere(variables, "pad_token", options.specials().pad());
        putIfThere(variables, "unk_token", options.specials().unk());
        variables.putAll(options.variables());
        return template.render(variables, options.now());
    }

    private static void putIfThere(Map<String, @Nullable Object> variables, String name, @Nullable String value) {
        if (value != null) {
            variables.put(name, value);
        }
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
