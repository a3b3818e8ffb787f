package dev.nla4j.activation;

/// What an extraction did.
///
/// @param documents of the corpus
/// @param documentsWithRows those that have a candidate position; the others are skipped
/// @param shards pieces the work was cut into
/// @param shardsKept those that an earlier, interrupted run had done
public record ExtractionResult(long rows, long documents, long documentsWithRows, int shards, int shardsKept) {}
