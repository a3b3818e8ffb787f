package dev.nla4j.chat.jinja;

import java.util.List;

/// What a template made of a conversation.
///
/// @param generations where the bodies of `generation` tags stand: what the assistant says
public record Rendering(String text, List<Span> generations) {
    public Rendering {
        generations = List.copyOf(generations);
    }

    /// A stretch of a rendering.
    ///
    /// @param start of the first character, in UTF-16 units
    /// @param end behind the last character
    public record Span(int start, int end) {}
}
