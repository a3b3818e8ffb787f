package dev.nla4j.tokenizer;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What is special about a tokenizer's ids.
///
/// @param named by the uses that the model's files name: `bos_token`, `eos_token`, `pad_token`, and others
///     (`image_token`)
/// @param ids all special ids: control tokens of the model, added tokens marked special
/// @param stops ids that end a generation: the end of sequence, and those that the model's files name besides
/// @param prefix ids that encoding with specials puts before the text
/// @param suffix ids that encoding with specials puts after the text
public record SpecialTokens(
        Map<String, Special> named, Set<Integer> ids, Set<Integer> stops, List<Integer> prefix, List<Integer> suffix) {
    /// A special token's id and spelling.
    public record Special(int id, String token) {}

    public SpecialTokens {
        named = Collections.unmodifiableMap(new LinkedHashMap<>(named));
        ids = Set.copyOf(ids);
        stops = Set.copyOf(stops);
        prefix = List.copyOf(prefix);
        suffix = List.copyOf(suffix);
    }

    public @Nullable Special bos() {
        return named.get("bos_token");
    }

    public @Nullable Special eos() {
        return named.get("eos_token");
    }

    public @Nullable Special pad() {
        return named.get("pad_token");
    }

    public @Nullable Special unk() {
        return named.get("unk_token");
    }

    /// Whether encoding with specials begins with the begin-of-sequence token, so that a template must not write
    /// it too.
    public boolean addsBos() {
        Special bos = bos();
        return bos != null && prefix.contains(bos.id());
    }
}
