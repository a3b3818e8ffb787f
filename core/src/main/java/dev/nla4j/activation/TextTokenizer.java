package dev.nla4j.activation;

import dev.nla4j.tokenizer.Tokenizer;
import java.util.Set;

/// A model's tokenizer as extraction uses it: with what the tokenizer adds by itself, and each token's kind.
public record TextTokenizer(Tokenizer tokenizer) implements DocumentTokenizer {
    @Override
    public TokenizedText encode(String text) {
        int[] ids = tokenizer.ids(text, true);
        Set<Integer> specials = tokenizer.specials().ids();
        boolean[] special = new boolean[ids.length];
        for (int i = 0; i < ids.length; i++) {
            special[i] = specials.contains(ids[i]);
        }
        return new TokenizedText(
                ids,
                special,
                tokenizer.specials().prefix().size(),
                tokenizer.specials().suffix().size());
    }

    @Override
    public String decode(int[] ids) {
        return tokenizer.decode(ids, true);
    }
}
