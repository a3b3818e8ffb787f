package dev.nla4j.tokenizer;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What is special about a tokenizer's ids.
///
/// @param ids all special ids: control tokens of the model, added tokens marked special
/// @param stops ids that end a generation: the end of sequence, and those that the model's files name besides
/// @param prefix ids that encoding with specials puts before the text
/// @param suffix ids that encoding with specials puts after the text
public record SpecialTokens(
        @Nullable Special bos,
        @Nullable Special eos,
        @Nullable Special pad,
        @Nullable Special unk,
        Set<Integer> ids,
        Set<Integer> stops,
        List<Integer> prefix,
        List<Integer> suffix) {
    /// A special token's id and spelling.
    public record Special(int id, String token) {}

    public SpecialTokens {
        ids = Set.copyOf(ids);
        stops = Set.copyOf(stops);
        prefix = List.copyOf(prefix);
        suffix = List.copyOf(suffix);
    }

    /// Whether encoding with specials begins with the begin-of-sequence token, so that a template must not write
    /// it too.
    public boolean addsBos() {
        return bos != null && prefix.contains(bos.id());
    }
}
