package dev.nla4j.activation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Token ids that were fixed when a data set or a model was made; drift against the live tokenizer is an error.
///
/// @param criticSuffixIds the tokens every reconstructor prompt ends in; null when it ends in the
/// explanation itself
public record TokenMeta(
        String injectionChar,
        int injectionTokenId,
        int injectionLeftNeighborId,
        int injectionRightNeighborId,
        @Nullable List<Integer> criticSuffixIds) {
    public TokenMeta {
        criticSuffixIds = criticSuffixIds == null ? null : List.copyOf(criticSuffixIds);
    }
}
