package dev.nla4j.activation;

/// How documents are cut into windows: window i holds the document's tokens from `i * stride` on, `window` of them.
/// Tokens that the tokenizer adds of itself (BOS) stand in front of each window and are not counted.
public record Windowing(int window, int stride) {
    public Windowing {
        if (window < 1) {
            throw new IllegalArgumentException("window: must be at least 1, was " + window);
        }
        if (stride < 1) {
            throw new IllegalArgumentException("stride: must be at least 1, was " + stride);
        }
    }
}
