package dev.nla4j.teacher;

/// A token that the target may write next.
///
/// @param text as the tokenizer decodes it, its leading space kept
/// @param probability at temperature 1
public record NextToken(String text, double probability) {
    public NextToken {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("probability: must be 0 to 1, was " + probability);
        }
    }
}
