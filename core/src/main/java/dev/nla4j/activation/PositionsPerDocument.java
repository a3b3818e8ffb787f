package dev.nla4j.activation;

import java.util.OptionalInt;

/// How many positions are taken of each document: a number, or all.
///
/// @param limit empty for all
public record PositionsPerDocument(OptionalInt limit) {
    /// Every candidate, in the order of the text.
    public static final PositionsPerDocument ALL = new PositionsPerDocument(OptionalInt.empty());

    public PositionsPerDocument {
        if (limit.isPresent() && limit.getAsInt() < 1) {
            throw new IllegalArgumentException(
                    "positions per document: must be at least 1 or 'all', was " + limit.getAsInt());
        }
    }

    /// At most `count`, sampled.
    public static PositionsPerDocument of(int count) {
        return new PositionsPerDocument(OptionalInt.of(count));
    }

    /// `all`, or a number.
    ///
    /// @throws IllegalArgumentException for anything else
    public static PositionsPerDocument parse(String text) {
        if (text.equals("all")) {
            return ALL;
        }
        try {
            return of(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "positions per document: must be a number or 'all', was '" + text + "'", e);
        }
    }

    @Override
    public String toString() {
        return limit.isPresent() ? Integer.toString(limit.getAsInt()) : "all";
    }
}
