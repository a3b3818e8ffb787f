package dev.nla4j.model;

import dev.nla4j.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// What all blocks of one call share: its context, where its tokens stand, what they see.
final class Call implements AutoCloseable {
    private static final long[] NOWHERE = {};
    /// Cosines are repeated for each head up to so many numbers a row: libtorch's loops then go over a token at once
    /// instead of head by head. More would be a pass over memory of their own.
    private static final long MOST_REPEATED = 1L << 20;

    private final Context context;
    private final RopeTables ropes;
    private final long heads;
    private final Masks masks;
    private final int tokens;
    private final int prefixLength;
    private final int[] starts;
    private final int seen;
    private final @Nullable Tensor branched; // the rows that branches go on with
    private final long[] places; // where keys and values go
    private final Map<Rope, Turn> turns = new HashMap<>();

    /// A call of T tokens.
    ///
    /// @param heads of queries and keys together
    /// @param tokens T
    Call(Context context, RopeTables ropes, long heads, long tokens) {
        this.context = context;
        this.ropes = ropes;
        this.heads = heads;
        this.tokens = Math.toIntExact(tokens);
        this.prefixLength = prefixLength(context);
        switch (context) {
            case Context.Start _ -> {
                starts = new int[] {0};
                seen = this.tokens;
                branched = null;
                places = NOWHERE;
            }
            case Context.Branches branches -> {
                int read = Math.toIntExact(branches.read().length());
                starts = new int[] {read};
                seen = read + this.tokens;
                long[] source = Arrays.stream(branches.source()).asLongStream().toArray();
                branched = Tensors.longs(source, source.length);
                places = NOWHERE;
            }
            case KeyValues rows -> {
                starts = new int[rows.count()];
                for (int i = 0; i < starts.length; i++) {
                    starts[i] = rows.length(rows.first() + i);
                }
                seen = rows.seen(this.tokens);
                branched = null;
                places = rows.places(this.tokens);
            }
        }
        this.masks = new Masks(starts, prefixLength);
    }

    /// A call of one token in each row, in the midst of tokens whose keys and values are already there.
    ///
    /// @param heads of queries and keys together
    /// @param at which of its row's tokens each is
    /// @param seen tokens of every row, padding included
    Call(Context.Start context, RopeTables ropes, long heads, int[] at, int seen) {
        this.context = context;
        this.ropes = ropes;
        this.heads = heads;
        this.tokens = 1;
        this.prefixLength = prefixLength(context);
        this.starts = at.clone();
        this.seen = seen;
        this.branched = null;
        this.places = NOWHERE;
        this.masks = new Masks(starts, prefixLength);
    }

    private static int prefixLength(Context context) {
        Prefix prefix = context.prefix();
        return prefix == null ? 0 : Math.toIntExact(prefix.length());
    }

    /// Cosines and sines of the call's tokens, `[1 or B, T, 1 or H+K, w]`.
    record Turn(Tensor cos, Tensor sin) {
        /// Those of so many heads.
        Turn of(long heads) {
            return cos.size(2) == 1 || cos.size(2) == heads
                    ? this
                    : new Turn(cos.narrow(2, 0, heads), sin.narrow(2, 0, heads));
        }
    }

    @Nullable
    Prefix prefix() {
        return context.prefix();
    }

    Masks masks() {
        return masks;
    }

    /// In which products are computed.
    ScalarType type() {
        return ropes.type();
    }

    /// Whether each row of a cache goes on by one token.
    boolean isStep() {
        return tokens == 1 && context instanceof KeyValues;
    }

    /// The turn of a kind of layer.
    Turn turn(Rope rope) {
        // Belongs to the scope of the whole call: it is asked for before a block opens its own.
        return turns.computeIfAbsent(rope, _ -> repeated(makeTurn(rope)));
    }

    private Turn makeTurn(Rope rope) {
        int furthest = 0;
        boolean alike = true;
        for (int start : starts) {
            furthest = Math.max(furthest, start);
            alike &= start == starts[0];
        }
        RopeTables.Table table = ropes.of(rope, prefixLength + furthest + tokens);
        long width = table.cos().size(1);
        if (alike) {
            int first = prefixLength + furthest;
            return new Turn(
                    table.cos().narrow(0, first, tokens).view(1, tokens, 1, width),
                    table.sin().narrow(0, first, tokens).view(1, tokens, 1, width));
        }
        long[] positions = new long[starts.length * tokens];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = (long) prefixLength + starts[i / tokens] + i % tokens;
        }
        Tensor index = Tensors.longs(positions, positions.length);
        return new Turn(
                table.cos().index_select(0, index).view(starts.length, tokens, 1, width),
                table.sin().index_select(0, index).view(starts.length, tokens, 1, width));
    }

    private Turn repeated(Turn turn) {
        return tokens * turn.cos().size(3) * heads > MOST_REPEATED
                ? turn
                : new Turn(turn.cos().repeat(1, 1, heads, 1), turn.sin().repeat(1, 1, heads, 1));
    }

    /// Takes a block's keys `[B, K, T, d]` and gives those its queries look at, `[B, K, S, d]`.
    Tensor keys(int layer, Tensor key) {
        return switch (context) {
            case Context.Start _ -> key;
            case Context.Branches branches -> joined(branches.read().keys(layer), key);
            case KeyValues rows -> rows.appendKeys(layer, key, places, seen);
        };
    }

    /// As [#keys].
    Tensor values(int layer, Tensor value) {
        return switch (context) {
            case Context.Start _ -> value;
            case Context.Branches branches -> joined(branches.read().values(layer), value);
            case KeyValues rows -> rows.appendValues(layer, value, places, seen);
        };
    }

    private Tensor joined(Tensor read, Tensor own) {
        return Tensors.cat(2, read.index_select(0, Objects.requireNonNull(branched)), own);
    }

    /// Gives a block's own keys and values to whoever asked for them.
    void capture(Tensor key, Tensor value) {
        if (context instanceof Context.Start start && start.capture() != null) {
            start.capture().add(key, value);
        }
    }

    /// Called once after the last block.
    void done() {
        if (context instanceof KeyValues rows) {
            rows.advance(tokens);
        }
    }

    @Override
    public void close() {
        masks.close();
    }
}
