package dev.nla4j.model;

import org.jspecify.annotations.Nullable;

/// What a call's tokens have before them, and where their own keys and values go.
public sealed interface Context permits Context.Start, Context.Branches, KeyValues {
    /// Rows that begin with this call.
    ///
    /// @param prefix tokens before every row, with one row itself; null when there are none
    /// @param capture filled with this call's own keys and values; null when nobody asks for them
    record Start(@Nullable Prefix prefix, @Nullable Prefix capture) implements Context {
        private static final Start PLAIN = new Start(null, null);

        public Start {
            if (prefix != null && prefix.rows() != 1) {
                throw new IllegalArgumentException("a shared prefix has one row, this one has " + prefix.rows());
            }
        }
    }

    /// Rows that go on where rows of an earlier call ended, several rows on one: samples of the same prompts. Gradients
    /// reach back into what was read where they are recorded.
    ///
    /// @param prefix tokens before every row, with one row itself; null when there are none
    /// @param read the U rows that are gone on with, all of the same number of tokens
    /// @param source which of the U rows each row goes on with
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    record Branches(@Nullable Prefix prefix, Prefix read, int[] source) implements Context {
        public Branches {
            if (prefix != null && prefix.rows() != 1) {
                throw new IllegalArgumentException("a shared prefix has one row, this one has " + prefix.rows());
            }
            for (int row : source) {
                if (row < 0 || row >= read.rows()) {
                    throw new IllegalArgumentException("source: must be 0 to " + (read.rows() - 1) + ", was " + row);
                }
            }
        }
    }

    /// Nothing before, and nobody asks for keys and values.
    static Start none() {
        return Start.PLAIN;
    }

    /// Tokens that stand before every row.
    @Nullable
    Prefix prefix();
}
