package dev.nla4j.generate;

import dev.nla4j.model.Prefix;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// What a completion continues: tokens that many prompts share, read once, and then the prompt's own.
/// Requests that hold the same prompt share its reading too.
///
/// @param prefix read by the same decoder; null when nothing is shared; the caller's for as long as the engine runs
/// @param embeddings `[T, D]` fp32 of the prompt's own tokens; the caller's for as long as the engine runs
public record Prompt(@Nullable Prefix prefix, Tensor embeddings) {
    public Prompt {
        if (embeddings.dim() != 2 || embeddings.size(0) < 1) {
            throw new IllegalArgumentException("a prompt needs embeddings [T, D] with T of 1 or more");
        }
    }

    /// A prompt that shares nothing.
    public Prompt(Tensor embeddings) {
        this(null, embeddings);
    }

    /// Number of its own tokens, T.
    public int length() {
        return Math.toIntExact(embeddings.size(0));
    }
}
