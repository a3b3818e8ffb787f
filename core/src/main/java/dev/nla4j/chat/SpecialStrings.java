package dev.nla4j.chat;

import org.jspecify.annotations.Nullable;

/// How a tokenizer writes its special tokens. Templates find them as `bos_token` and so on; those that a
/// tokenizer lacks are undefined there.
public record SpecialStrings(
        @Nullable String bos,
        @Nullable String eos,
        @Nullable String pad,
        @Nullable String unk) {
    /// A tokenizer without special tokens.
    public static final SpecialStrings NONE = new SpecialStrings(null, null, null, null);
}
