package dev.nla4j.activation.corpus;

import org.jspecify.annotations.Nullable;

/// Which part of a corpus is read.
///
/// @param split only documents of this split; null for all
/// @param textField the field or column that holds the text
public record CorpusOptions(@Nullable String split, String textField) {
    /// Every document, its text in `text`.
    public static final CorpusOptions DEFAULT = new CorpusOptions(null, "text");
}
