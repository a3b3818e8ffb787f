package dev.nla4j.activation;

/// What extraction needs of a tokenizer.
public interface DocumentTokenizer {
    /// All of a text's tokens, with those the tokenizer adds of itself (BOS, EOS); not truncated, not padded.
    TokenizedText encode(String text);

    /// The text of tokens, special ones left out.
    String decode(int[] ids);
}
