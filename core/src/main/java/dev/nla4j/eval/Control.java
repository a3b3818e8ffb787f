package dev.nla4j.eval;

/// What an FVE is compared with: none of these needs the activation's own explanation, so a pair must beat them.
public enum Control {
    /// Explanations written by the teacher: what the reconstructor could do with perfect text.
    GOLD_TEXT("gold text"),
    /// Each activation against another one's explanation.
    SHUFFLED_TEXT("shuffled texts"),
    /// The empty text.
    EMPTY_TEXT("empty text"),
    /// One text for all.
    CONSTANT_TEXT("one constant text"),
    /// The training split's mean activation.
    MEAN_VECTOR("mean vector"),
    /// The mean of training activations with the same last token.
    MEAN_BY_LAST_TOKEN("mean by last token"),
    /// The most similar training activation.
    NEAREST_NEIGHBOUR("nearest training activation"),
    /// The target model reading only the last n tokens.
    LITERAL_CONTEXT("literal last tokens");

    private final String label;

    Control(String label) {
        this.label = label;
    }

    /// Its name in reports.
    public String label() {
        return label;
    }
}
