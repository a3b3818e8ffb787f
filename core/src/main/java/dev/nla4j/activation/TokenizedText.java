package dev.nla4j.activation;

/// The tokens of one document.
///
/// @param special for each token whether it is a special one, from which no activation is taken
/// @param prefix how many leading tokens the tokenizer added of itself (BOS)
/// @param suffix how many trailing tokens the tokenizer added of itself (EOS)
@SuppressWarnings("ArrayRecordComponent") // a carrier from tokenizer to windows, never compared
public record TokenizedText(int[] ids, boolean[] special, int prefix, int suffix) {
    public TokenizedText {
        if (special.length != ids.length) {
            throw new IllegalArgumentException(special.length + " flags for " + ids.length + " tokens");
        }
        if (prefix < 0 || suffix < 0 || prefix > ids.length - suffix) {
            throw new IllegalArgumentException(
                    "prefix " + prefix + " and suffix " + suffix + " of " + ids.length + " tokens");
        }
    }
}
