package dev.nla4j.generate;

import org.bytedeco.pytorch.Tensor;

/// What a completion continues: embeddings `[T, D]` fp32, owned by the caller for as long as the engine runs.
public record Prompt(Tensor embeddings) {
    public Prompt {
        if (embeddings.dim() != 2 || embeddings.size(0) < 1) {
            throw new IllegalArgumentException("a prompt needs embeddings [T, D] with T of 1 or more");
        }
    }

    /// Number of tokens, T.
    public long length() {
        return embeddings.size(0);
    }
}
