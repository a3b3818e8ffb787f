package dev.nla4j.generate;

import dev.nla4j.model.Decoder;
import dev.nla4j.model.Prefix;
import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// What a completion continues: tokens that many prompts share, read once, and then the prompt's own.
/// Requests that hold the same prompt share its reading too. All tensors are the caller's for as long as the engine
/// runs.
///
/// @param prefix read by the same decoder; null when nothing is shared
/// @param own `[S, D]` fp32 embeddings of the tokens that come then
/// @param after `[R, D]` fp32 of those behind them, one tensor for many prompts; null for none
public record Prompt(
        @Nullable Prefix prefix, Tensor own, @Nullable Tensor after) {
    public Prompt {
        if (own.dim() != 2 || own.size(0) < 1) {
            throw new IllegalArgumentException("a prompt needs embeddings [S, D] with S of 1 or more");
        }
        if (after != null && (after.dim() != 2 || after.size(1) != own.size(1))) {
            throw new IllegalArgumentException("what comes after a prompt's own embeddings must be as wide as they");
        }
    }

    /// A prompt with nothing behind its own tokens.
    public Prompt(@Nullable Prefix prefix, Tensor own) {
        this(prefix, own, null);
    }

    /// A prompt that shares nothing.
    public Prompt(Tensor own) {
        this(null, own, null);
    }

    /// Token ids with nothing injected; the open scope owns their embeddings.
    public static Prompt of(Decoder decoder, int[] ids) {
        return new Prompt(decoder.embed(Tensors.ids(new int[][] {ids})).select(0, 0));
    }

    /// Number of tokens after the prefix, T = S + R.
    public int length() {
        return Math.toIntExact(own.size(0) + (after == null ? 0 : after.size(0)));
    }

    /// Numbers of an embedding, D.
    public long width() {
        return own.size(1);
    }

    /// Writes the embeddings of all its tokens after the prefix.
    ///
    /// @param to `[T, D]` fp32
    void copyTo(Tensor to) {
        to.narrow(0, 0, own.size(0)).copy_(own);
        if (after != null) {
            to.narrow(0, own.size(0), after.size(0)).copy_(after);
        }
    }
}
