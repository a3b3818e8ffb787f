package dev.nla4j.model;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// The keys and values of rows that grow token by token, each row with a length of its own. Rows in use are
/// always the first ones: a row that ends gives its place to the last, so that no step computes anything for it.
///
/// They are fp32 whatever the weights are: a step has few queries a row, for which bf16 has no fast kernel.
/// Memory for `rows * capacity` tokens is reserved at once and taken as tokens come.
public final class KeyValues implements Context, AutoCloseable {
    /// Steps see this many tokens more at a time, so that a row's sums do not depend on how long its neighbours
    /// are.
    private static final int STRIDE = 16;

    private final Tensor keys; // [L, R, K, C, d]
    private final Tensor values; // [L, R, K, C, d]
    private final List<Tensor> layerKeys = new ArrayList<>(); // [R, K, C, d] each
    private final List<Tensor> layerValues = new ArrayList<>(); // [R, K, C, d] each
    private final @Nullable Prefix prefix;
    private final int capacity;
    private final int[] lengths;
    private int from;
    private int count;
    private int zeroed; // tokens of every row that were made zeros or have come since

    /// Rows without a prefix, all in use and empty.
    ///
    /// @param rows R
    /// @param tokens most tokens a row will ever have
    public KeyValues(ModelConfig config, int rows, int tokens) {
        this(config, rows, tokens, null);
        count = rows;
    }

    /// Room for rows that come and go; none is in use yet.
    ///
    /// @param prefix stands before every row; stays the caller's
    public KeyValues(ModelConfig config, int rows, int tokens, @Nullable Prefix prefix) {
        this.prefix = prefix;
        this.capacity = Math.toIntExact(Math.ceilDiv((long) tokens, STRIDE) * STRIDE);
        this.lengths = new int[rows];
        ModelConfig.Heads heads = config.heads();
        long[] shape = {config.numLayers(), rows, heads.keyValues(), capacity, heads.width()};
        try (Scope scope = Scope.noGrad()) {
            keys = scope.release(Tensors.empty(DType.FP32, shape));
            values = scope.release(Tensors.empty(DType.FP32, shape));
            for (int layer = 0; layer < config.numLayers(); layer++) {
                layerKeys.add(scope.release(keys.select(0, layer)));
                layerValues.add(scope.release(values.select(0, layer)));
            }
        }
    }

    /// Bytes that a row of so many tokens takes.
    public static long bytesPerRow(ModelConfig config, int tokens) {
        ModelConfig.Heads heads = config.heads();
        return 2L * config.numLayers() * heads.keyValues() * heads.width() * DType.FP32.bytes() * (tokens + STRIDE);
    }

    @Override
    public @Nullable Prefix prefix() {
        return prefix;
    }

    /// Rows in use.
    public int count() {
        return count;
    }

    /// Tokens of a row, those of the prefix not counted.
    public int length(int row) {
        return lengths[row];
    }

    /// Tokens of the longest row in use.
    public int length() {
        return Arrays.stream(lengths, from, from + count).max().orElse(0);
    }

    /// The lengths of all rows, for [#restore].
    public int[] lengths() {
        return lengths.clone();
    }

    /// Forgets what a call that failed may have added.
    public void restore(int[] before) {
        System.arraycopy(before, 0, lengths, 0, lengths.length);
    }

    /// Takes rows `start` to `start + number` for the calls that follow, instead of all that are in use: a step
    /// that failed is tried again part by part.
    public void narrow(int start, int number) {
        from = start;
        count = number;
    }

    /// Adds rows that begin with tokens already read.
    ///
    /// @param read `[U, K, T, d]`
    /// @param source which of the U rows each new row begins with
    public void admit(Prefix read, int[] source) {
        int rows = source.length;
        if (count + rows > lengths.length) {
            throw new IllegalStateException(
                    count + " rows in use and " + rows + " more, there is room for " + lengths.length);
        }
        makeZeros(Math.toIntExact(read.length()));
        long[] chosen = new long[rows];
        for (int i = 0; i < rows; i++) {
            chosen[i] = source[i];
            lengths[count + i] = Math.toIntExact(read.length());
        }
        try (Scope _ = Scope.noGrad()) {
            Tensor index = Tensors.longs(chosen, rows);
            for (int layer = 0; layer < layerKeys.size(); layer++) {
                place(layerKeys.get(layer), read.keys(layer), index);
                place(layerValues.get(layer), read.values(layer), index);
            }
        }
        count += rows;
    }

    private void place(Tensor all, Tensor read, Tensor index) {
        all.narrow(0, count, index.size(0)).narrow(2, 0, read.size(2)).copy_(read.index_select(0, index));
    }

    /// Zeros for all that a row holds, and for the token that a step which failed may have added: what is no number
    /// there would reach whoever gets its place, as 0 times NaN is NaN.
    public void clear(int row) {
        long written = Math.min(capacity, lengths[row] + 1L);
        try (Scope _ = Scope.noGrad()) {
            for (Tensor all : List.of(keys, values)) {
                Tensor own = all.select(1, row).narrow(2, 0, written); // [L, K, T, d]
                own.zero_();
            }
        }
    }

    /// Ends a row; the last row takes its number.
    public void remove(int row) {
        int last = count - 1;
        if (row != last) {
            try (Scope _ = Scope.noGrad()) {
                long length = Math.max(1, lengths[last]);
                for (Tensor all : List.of(keys, values)) {
                    Tensor to = all.select(1, row).narrow(2, 0, length); // [L, K, T, d]
                    to.copy_(all.select(1, last).narrow(2, 0, length));
                }
            }
            lengths[row] = lengths[last];
        }
        count = last;
    }

    int first() {
        return from;
    }

    /// How many of its tokens a call of `tokens` more looks at: as many as the longest row has, rounded up.
    int seen(int tokens) {
        int longest = length() + tokens;
        if (longest > capacity) {
            throw new IllegalStateException("a cache for " + capacity + " tokens can't take " + longest);
        }
        return makeZeros(longest);
    }

    /// Makes room for so many tokens in all rows, rounded up. Zeros, not whatever was there: a token that is not
    /// seen has weight 0, and 0 times NaN is NaN. Not at once: what no row grows into takes no memory.
    ///
    /// @return how many tokens that is
    private int makeZeros(int tokens) {
        int rounded = Math.ceilDiv(tokens, STRIDE) * STRIDE;
        if (rounded > zeroed) {
            try (Scope _ = Scope.noGrad()) {
                for (Tensor all : List.of(keys, values)) {
                    Tensor next = all.narrow(3, zeroed, (long) rounded - zeroed); // [L, R, K, S, d]
                    next.zero_();
                }
            }
            zeroed = rounded;
        }
        return rounded;
    }

    /// Where a call's keys and values go in a block's `[R * K * C, d]`.
    ///
    /// @return `[n * K * T]`
    long[] places(int tokens) {
        int heads = Math.toIntExact(keys.size(2));
        long[] places = new long[count * heads * tokens];
        int next = 0;
        for (int row = from; row < from + count; row++) {
            for (int head = 0; head < heads; head++) {
                for (int token = 0; token < tokens; token++) {
                    places[next++] = ((long) row * heads + head) * capacity + lengths[row] + token;
                }
            }
        }
        return places;
    }

    /// Adds a call's keys `[n, K, T, d]` and returns those of its rows, `[n, K, S, d]`.
    Tensor appendKeys(int layer, Tensor added, long[] places, int seen) {
        return append(layerKeys.get(layer), added, places, seen);
    }

    /// As [#appendKeys].
    Tensor appendValues(int layer, Tensor added, long[] places, int seen) {
        return append(layerValues.get(layer), added, places, seen);
    }

    /// Copied head by head: an operator for scattered rows takes longer than that, and wants its numbers side
    /// by side.
    private Tensor append(Tensor all, Tensor added, long[] places, int seen) {
        Tensor wide = Tensors.as(ScalarType.Float, added);
        MemorySegment source = Tensors.span(wide);
        MemorySegment target = Tensors.memory(all);
        long bytes = wide.size(3) * Float.BYTES;
        int heads = Math.toIntExact(wide.size(1));
        int tokens = Math.toIntExact(wide.size(2));
        long rowStride = wide.stride(0);
        long headStride = wide.stride(1);
        long tokenStride = wide.stride(2);
        if (wide.stride(3) != 1 || places.length != (long) count * heads * tokens) {
            throw new IllegalArgumentException(
                    "keys and values: heads must lie in one piece each, and be as many as" + " there are places");
        }
        for (int i = 0; i < places.length; i++) {
            long row = i / (heads * tokens);
            long head = i / tokens % heads;
            long at = row * rowStride + head * headStride + i % tokens * tokenStride;
            MemorySegment.copy(source, at * Float.BYTES, target, places[i] * bytes, bytes);
        }
        return (count == all.size(0) ? all : all.narrow(0, from, count)).narrow(2, 0, seen);
    }

    /// Called once after all layers have appended `tokens`.
    void advance(int tokens) {
        for (int row = from; row < from + count; row++) {
            lengths[row] += tokens;
        }
    }

    @Override
    public void close() {
        layerKeys.forEach(Tensor::close);
        layerValues.forEach(Tensor::close);
        keys.close();
        values.close();
    }
}
