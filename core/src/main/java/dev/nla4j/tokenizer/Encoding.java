package dev.nla4j.tokenizer;

import java.util.List;

/// The tokens of one text, in order.
public record Encoding(List<TokenSpan> tokens) {
    public Encoding {
        tokens = List.copyOf(tokens);
    }

    /// The ids alone.
    public int[] ids() {
        return tokens.stream().mapToInt(TokenSpan::tokenId).toArray();
    }

    /// How many tokens.
    public int size() {
        return tokens.size();
    }
}
