package dev.nla4j.nla;

import dev.nla4j.generate.Prompt;
import dev.nla4j.model.Decoder;
import dev.nla4j.tensor.Tensors;

/// Token ids as a prompt to complete, nothing injected.
public final class IdPrompt {
    private IdPrompt() {}

    /// The embeddings of `ids`; the open scope owns them.
    public static Prompt of(Decoder decoder, int[] ids) {
        return new Prompt(decoder.embed(Tensors.ids(new int[][] {ids})).select(0, 0));
    }
}
