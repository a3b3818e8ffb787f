package dev.nla4j.chat;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a chat template is given.
///
/// @param addGenerationPrompt whether the text ends with the beginning of the assistant's next message
/// @param now what `strftime_now` formats
/// @param variables more of what the template may know, as plain values: `tools`, `documents`, `enable_thinking`, ...
public record RenderOptions(
        List<Message> messages,
        boolean addGenerationPrompt,
        SpecialStrings specials,
        LocalDateTime now,
        Map<String, @Nullable Object> variables) {
    private static final LocalDateTime SOME_DAY = LocalDateTime.of(2026, 1, 1, 0, 0);

    public RenderOptions {
        messages = List.copyOf(messages);
        variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
        for (String own : List.of("messages", "add_generation_prompt")) {
            if (variables.containsKey(own)) {
                throw new IllegalArgumentException("variable " + own + " has an option of its own");
            }
        }
    }

    /// A conversation and nothing else, at the present time.
    public static RenderOptions of(List<Message> messages) {
        return new RenderOptions(
                messages, false, SpecialStrings.NONE, LocalDateTime.now(ZoneId.systemDefault()), Map.of());
    }

    /// A conversation that the program itself makes, always of the same day: templates may write the date, and
    /// another prompt tomorrow would make another verbalizer of the same weights.
    public static RenderOptions timeless(Message message) {
        return of(List.of(message)).at(SOME_DAY);
    }

    /// These options for another conversation.
    public RenderOptions withMessages(List<Message> others) {
        return new RenderOptions(others, addGenerationPrompt, specials, now, variables);
    }

    /// These options with another answer to whether the assistant's next message begins.
    public RenderOptions withGenerationPrompt(boolean wanted) {
        return new RenderOptions(messages, wanted, specials, now, variables);
    }

    /// These options with a tokenizer's special tokens.
    public RenderOptions withSpecials(SpecialStrings other) {
        return new RenderOptions(messages, addGenerationPrompt, other, now, variables);
    }

    /// These options at another time.
    public RenderOptions at(LocalDateTime time) {
        return new RenderOptions(messages, addGenerationPrompt, specials, time, variables);
    }

    /// These options with other variables.
    public RenderOptions withVariables(Map<String, @Nullable Object> others) {
        return new RenderOptions(messages, addGenerationPrompt, specials, now, others);
    }
}
