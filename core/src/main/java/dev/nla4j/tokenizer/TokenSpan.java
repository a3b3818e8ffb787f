package dev.nla4j.tokenizer;

/// One token and its place in the text. Tokens that hold part of a character's bytes share the whole character's
/// place; tokens that the tokenizer added have the empty place 0 to 0.
///
/// @param token as the vocabulary spells it, for instance `Ġworld`
/// @param start first UTF-16 unit
/// @param end UTF-16 unit after the last
public record TokenSpan(int tokenId, String token, int start, int end, boolean special) {
    public TokenSpan {
        if (tokenId < 0 || start < 0 || end < start) {
            throw new IllegalArgumentException("token " + tokenId + " at " + start + " to " + end);
        }
    }
}
