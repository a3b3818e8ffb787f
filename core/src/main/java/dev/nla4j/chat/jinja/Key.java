package dev.nla4j.chat.jinja;

import org.jspecify.annotations.Nullable;

/// A value as a key of a map: hashed once, compared as Python compares.
final class Key {
    private final Value value;
    private final int hash;
    private final Budget budget;

    /// Fails when `value` is of a kind that can't be hashed.
    Key(Value value, Budget budget) {
        this.value = value;
        this.hash = Comparison.hash(value, budget);
        this.budget = budget;
    }

    Value value() {
        return value;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Key key && key.hash == hash && Comparison.equal(key.value, value, budget);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
