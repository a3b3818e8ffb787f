package dev.nla4j.model;

/// What a stored tensor is, whatever a file calls it.
public enum Part {
    EMBEDDING,
    FINAL_NORM,
    HEAD,
    /// Norm before attention.
    INPUT_NORM,
    QUERY,
    KEY,
    VALUE,
    /// Query, key and value as one matrix.
    QUERY_KEY_VALUE,
    QUERY_NORM,
    KEY_NORM,
    ATTENTION_OUTPUT,
    /// Sandwich norm after attention.
    POST_ATTENTION_NORM,
    /// Norm before the feed-forward layer.
    FEED_FORWARD_NORM,
    GATE,
    UP,
    /// Gate and up as one matrix.
    GATE_UP,
    DOWN,
    /// Sandwich norm after the feed-forward layer.
    POST_FEED_FORWARD_NORM;

    /// Whether it is the weight of a norm.
    public boolean isNorm() {
        return switch (this) {
            case FINAL_NORM,
                    INPUT_NORM,
                    QUERY_NORM,
                    KEY_NORM,
                    POST_ATTENTION_NORM,
                    FEED_FORWARD_NORM,
                    POST_FEED_FORWARD_NORM -> true;
            default -> false;
        };
    }
}
