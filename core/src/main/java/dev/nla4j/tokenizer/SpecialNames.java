package dev.nla4j.tokenizer;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which tokens a model's files call special, beside those that the tokenizer itself marks.
///
/// @param named special tokens by what they are for (`bos_token`), in the order in which they are added
///     where the tokenizer lacks them
/// @param extra further special tokens, added after those
/// @param stops ids that end a generation, whether or not a token has them
/// @param added tokens as `added_tokens` has them: those that it lacks are added after its own, of others
///     what is said here counts
record SpecialNames(Map<String, Name> named, List<Name> extra, Set<Integer> stops, List<JsonField> added) {
    static final SpecialNames NONE = new SpecialNames(Map.of(), List.of(), Set.of(), List.of());

    SpecialNames {
        named = Collections.unmodifiableMap(new LinkedHashMap<>(named));
        extra = List.copyOf(extra);
        stops = Set.copyOf(stops);
        added = List.copyOf(added);
    }

    /// A token's spelling, and where a file says it: as a text, or as an object that says also how to cut
    /// it out.
    record Name(String token, @Nullable JsonField place) {}
}
