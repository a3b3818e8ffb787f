package dev.nla4j.model;

import org.jspecify.annotations.Nullable;

/// What an adapter adds to one block's four matrix products; null where it adds nothing.
record BlockAdapter(
        @Nullable LowRank queryKeyValue,
        @Nullable LowRank output,
        @Nullable LowRank gateUp,
        @Nullable LowRank down) {}
