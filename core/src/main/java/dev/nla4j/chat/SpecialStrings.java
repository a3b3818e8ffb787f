package dev.nla4j.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How a tokenizer writes its special tokens, by the names under which templates find them (`bos_token` and
/// so on); those that it lacks are undefined there.
public record SpecialStrings(Map<String, String> tokens) {
    /// A tokenizer without special tokens.
    public static final SpecialStrings NONE = new SpecialStrings(Map.of());

    public SpecialStrings {
        tokens = Collections.unmodifiableMap(new LinkedHashMap<>(tokens));
    }

    /// These with `token` under `name`; these as they are when it is null.
    public SpecialStrings with(String name, @Nullable String token) {
        if (token == null) {
            return this;
        }
        Map<String, String> more = new LinkedHashMap<>(tokens);
        more.put(name, token);
        return new SpecialStrings(more);
    }
}
