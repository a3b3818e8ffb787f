package dev.nla4j.model;

import dev.nla4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// The ids that a model may write: those below `limit`, without some that no token has or that have no use.
/// Embedding tables are often padded, and vocabularies have holes.
///
/// @param limit ids from here on are never drawn
/// @param missing ids below it that are never drawn, ascending; mostly none
public record DrawableIds(int limit, List<Integer> missing) {
    public DrawableIds {
        missing = List.copyOf(missing);
        for (int i = 0; i < missing.size(); i++) {
            if (missing.get(i) >= limit || missing.get(i) < (i == 0 ? 0 : missing.get(i - 1) + 1)) {
                throw new IllegalArgumentException(
                        "missing ids: must ascend from 0 and lie below " + limit + ", were " + missing);
            }
        }
        if (limit <= missing.size()) {
            throw new IllegalArgumentException("drawable ids: there must be one at least, the limit was " + limit
                    + " and " + missing.size() + " below it are missing");
        }
    }

    /// All ids below a limit.
    public static DrawableIds below(int limit) {
        return new DrawableIds(limit, List.of());
    }

    /// How many there are.
    public int count() {
        return limit - missing.size();
    }

    /// The logits of the ids below the limit, those of missing ids set to what is never drawn.
    ///
    /// @param logits `[N, V]`, overwritten
    /// @return `[N, limit]`, part of `logits`
    public Tensor of(Tensor logits) {
        Tensor below = limit < logits.size(1) ? logits.narrow(1, 0, limit) : logits;
        if (missing.isEmpty()) {
            return below;
        }
        long[] ids = missing.stream().mapToLong(Integer::longValue).toArray();
        try (Scalar never = new Scalar(Double.NEGATIVE_INFINITY)) {
            return below.index_fill_(1, Tensors.longs(ids, ids.length), never);
        }
    }

    /// The same within a table of so many rows.
    ///
    /// @throws IllegalArgumentException when ids lie beyond it
    public DrawableIds within(int rows) {
        if (limit > rows) {
            throw new IllegalArgumentException("vocabulary limit: must be 1 to " + rows + ", was " + limit);
        }
        return this;
    }
}
