package dev.nla4j.tokenizer;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which tokens a model's files call special, beside those that the tokenizer itself marks.
///
/// @param additional further special tokens
/// @param stops ids that end a generation
/// @param added tokens as `added_tokens` has them, of which those that it lacks are added after its own
record SpecialNames(
        @Nullable String bos,
        @Nullable String eos,
        @Nullable String pad,
        @Nullable String unk,
        List<String> additional,
        Set<Integer> stops,
        List<JsonField> added) {
    SpecialNames {
        additional = List.copyOf(additional);
        stops = Set.copyOf(stops);
        added = List.copyOf(added);
    }
}
