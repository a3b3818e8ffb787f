package dev.nla4j.format.parquet;

import org.jspecify.annotations.Nullable;

/// One page, unpacked: levels and values side by side.
///
/// @param count of entries, nulls and empty lists among them
/// @param repetition null when there are no repetition levels
/// @param definition null when every entry is a value
record DataPage(
        Place place,
        int count,
        @Nullable RunDecoder repetition,
        @Nullable RunDecoder definition,
        Values values) {}
