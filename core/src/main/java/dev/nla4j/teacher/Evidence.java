package dev.nla4j.teacher;

import java.util.Comparator;
import java.util.List;

/// What a claim about an activation is judged by.
///
/// @param context the text the target had read, ending where the activation was taken
/// @param next the target's most probable next tokens, most probable first; empty when they are not known
public record Evidence(String context, List<NextToken> next) {
    public Evidence {
        next = next.stream()
                .sorted(Comparator.comparingDouble(NextToken::probability).reversed())
                .toList();
    }

    /// Evidence without the target's predictions: claims about them can't be judged.
    public static Evidence ofContext(String context) {
        return new Evidence(context, List.of());
    }
}
