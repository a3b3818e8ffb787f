package dev.nla4j.model;

import org.jspecify.annotations.Nullable;

/// What a call's tokens have before them, and where their own keys and values go.
public sealed interface Context permits Context.Start, KeyValues {
    /// Rows that begin with this call.
    ///
    /// @param prefix tokens before every row, with one row itself; null when there are none
    /// @param capture filled with this call's own keys and values; null when nobody asks for them
    record Start(@Nullable Prefix prefix, @Nullable Prefix capture) implements Context {
        static final Start PLAIN = new Start(null, null);

        public Start {
            if (prefix != null && prefix.rows() != 1) {
                throw new IllegalArgumentException("a shared prefix has one row, this one has " + prefix.rows());
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
