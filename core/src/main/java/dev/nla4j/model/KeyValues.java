package dev.nla4j.model;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// The keys and values of rows that grow token by token, each row with a length of its own. Rows in use are
/// always the first ones: a row that ends gives its place to the last, so that no step computes anything for it.
///
/// They are of the type in which a step reads them ([SoftmaxAttention#typeInSteps]). Memory for `rows *
/// capacity` tokens is reserved at once and taken as tokens come: heads lie side by side without gaps and move
/// apart when a row needs more room, because a step reads all of them and gaps between them make that slower.
public final class KeyValues implements Context, AutoCloseable {
    /// Steps see whole vectors of tokens, so that a row's sums do not depend on how long its neighbours are.
    private static final int VECTOR_BYTES = 64;
    /// A prefix of up to so many tokens is copied in front of each row's own where a step's attention is plain
    /// products: they take fewer passes over one part than over two.
    private static final int FEW_TOKENS = 64;

    private final Laid keys;
    private final Laid values;
    private final @Nullable Prefix prefix; // that calls look at
    private final @Nullable Prefix copied; // that each row begins with
    private final int stride;
    private final int beside; // tokens of the prefix that one softmax goes over together with a row's own
    private final int capacity;
    private final int[] lengths;
    private int inUse; // rows
    private int from; // of those that calls take
    private int count; // that calls take: all in use, but for a step that is tried again part by part
    private int width; // tokens that every row has room for now

    /// Rows without a prefix, all in use and empty.
    ///
    /// @param decoder whose they are
    /// @param rows R
    /// @param tokens most tokens a row will ever have
    public KeyValues(Decoder decoder, int rows, int tokens) {
        this(decoder, rows, tokens, null);
        inUse = rows;
        count = rows;
    }

    /// Room for rows that come and go; none is in use yet.
    ///
    /// @param prefix stands before every row; stays the caller's
    public KeyValues(Decoder decoder, int rows, int tokens, @Nullable Prefix prefix) {
        ModelConfig.Heads heads = decoder.config().heads();
        ScalarType type = SoftmaxAttention.typeInSteps(heads, decoder.dtype().arithmetic());
        boolean products = type != ScalarType.Float;
        int tokensBefore = prefix == null || !products ? 0 : Math.toIntExact(prefix.length());
        boolean copies = tokensBefore > 0 && tokensBefore <= FEW_TOKENS;
        this.prefix = copies ? null : prefix;
        this.copied = copies ? prefix : null;
        this.beside = copies ? 0 : tokensBefore;
        this.stride = VECTOR_BYTES / (products ? DType.BF16 : DType.FP32).bytes();
        this.capacity = wholeVectors(Math.addExact(tokens, copies ? tokensBefore : 0));
        this.lengths = new int[rows];
        this.keys = new Laid(decoder.config(), type, rows, capacity);
        this.values = new Laid(decoder.config(), type, rows, capacity);
    }

    /// So many of a row's tokens, and as many more as fill the vectors that they stand in.
    private int wholeVectors(int tokens) {
        // A vector more behind a prefix: of few tokens the library makes products in another way.
        int more = beside == 0 ? 0 : stride;
        return Math.toIntExact(Math.ceilDiv((long) beside + tokens, stride) * stride - beside + more);
    }

    /// Bytes that a row of so many tokens takes at most, whichever type they are of.
    public static long bytesPerRow(ModelConfig config, int tokens) {
        long numbers = numbers(config);
        long wide = (long) tokens * DType.FP32.bytes() + VECTOR_BYTES;
        long narrow = ((long) tokens + FEW_TOKENS) * DType.BF16.bytes() + VECTOR_BYTES;
        return numbers * Math.max(wide, narrow);
    }

    /// Bytes of a prompt's keys and values while it is read, at most.
    public static long bytesPerPrompt(ModelConfig config, int tokens) {
        return numbers(config) * ((long) tokens * DType.FP32.bytes() + VECTOR_BYTES);
    }

    /// Numbers of a token.
    private static long numbers(ModelConfig config) {
        return 2L
                * config.numLayers()
                * config.heads().keyValues()
                * config.heads().width();
    }

    @Override
    public @Nullable Prefix prefix() {
        return prefix;
    }

    /// Rows in use.
    public int count() {
        return count;
    }

    /// Tokens of a row; those of the prefix count where it is copied, and then calls know of none.
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
        int first = copied == null ? 0 : Math.toIntExact(copied.length());
        int length = first + Math.toIntExact(read.length());
        makeRoom(length);
        long[] chosen = new long[rows];
        for (int i = 0; i < rows; i++) {
            chosen[i] = source[i];
            lengths[count + i] = length;
        }
        try (Scope _ = Scope.noGrad()) {
            Tensor index = Tensors.longs(chosen, rows);
            keys.clear(count, rows, length, width);
            values.clear(count, rows, length, width);
            for (int layer = 0; layer < read.depth(); layer++) {
                if (copied != null) {
                    place(keys.layer(layer), 0, copied.keys(layer), rows);
                    place(values.layer(layer), 0, copied.values(layer), rows);
                }
                place(keys.layer(layer), first, read.keys(layer).index_select(0, index), rows);
                place(values.layer(layer), first, read.values(layer).index_select(0, index), rows);
            }
        }
        inUse += rows;
        count += rows;
    }

    /// @param all `[R, K, W, d]`
    /// @param read `[rows or 1, K, T, d]`
    private void place(Tensor all, int token, Tensor read, int rows) {
        all.narrow(0, count, rows).narrow(2, token, read.size(2)).copy_(read);
    }

    /// Zeros for all that a row holds, and for the token that a step which failed may have added: what is no number
    /// there would reach whoever gets its place, as 0 times NaN is NaN.
    public void clear(int row) {
        long written = Math.min(width, lengths[row] + 1L);
        try (Scope _ = Scope.noGrad()) {
            keys.clear(row, 1, 0, written);
            values.clear(row, 1, 0, written);
        }
    }

    /// Ends a row; the last row takes its number.
    public void remove(int row) {
        int last = count - 1;
        if (row != last) {
            try (Scope _ = Scope.noGrad()) {
                long length = Math.max(1, lengths[last]);
                for (Laid laid : List.of(keys, values)) {
                    Tensor to = laid.all().select(1, row).narrow(2, 0, length); // [L, K, T, d]
                    to.copy_(laid.all().select(1, last).narrow(2, 0, length));
                }
            }
            lengths[row] = lengths[last];
        }
        inUse = last;
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
        return makeRoom(longest);
    }

    /// Makes room for so many tokens in all rows in use, rounded up. With zeros, not whatever was there: a token
    /// that is not seen has weight 0, and 0 times NaN is NaN. Not at once: what no row grows into takes no memory.
    /// Where all have become much shorter, the room becomes less: what lies apart is slow to read.
    ///
    /// @return how many tokens that is
    private int makeRoom(int tokens) {
        int rounded = wholeVectors(tokens);
        int longest = Arrays.stream(lengths, 0, inUse).max().orElse(0);
        int needed = Math.max(rounded, wholeVectors(longest));
        if (needed > width || needed <= width / 2) {
            keys.move(inUse, width, needed);
            values.move(inUse, width, needed);
            width = needed;
        }
        return rounded;
    }

    /// Where a call's keys and values go in a block's `[R * K * W, d]`.
    ///
    /// @return `[n * K * T]`
    long[] places(int tokens) {
        int heads = keys.heads;
        long[] places = new long[count * heads * tokens];
        int next = 0;
        for (int row = from; row < from + count; row++) {
            for (int head = 0; head < heads; head++) {
                for (int token = 0; token < tokens; token++) {
                    places[next++] = ((long) row * heads + head) * width + lengths[row] + token;
                }
            }
        }
        return places;
    }

    /// Adds a call's keys `[n, K, T, d]` and returns those of its rows, `[n, K, S, d]`.
    Tensor appendKeys(int layer, Tensor added, long[] places, int seen) {
        return append(keys.layer(layer), added, places, seen);
    }

    /// As [#appendKeys].
    Tensor appendValues(int layer, Tensor added, long[] places, int seen) {
        return append(values.layer(layer), added, places, seen);
    }

    /// Copied head by head: an operator for scattered rows takes longer than that, and wants its numbers side
    /// by side.
    private Tensor append(Tensor all, Tensor added, long[] places, int seen) {
        Tensor alike = Tensors.as(all.scalar_type().intern(), added);
        MemorySegment source = Tensors.span(alike);
        MemorySegment target = Tensors.memory(all);
        long number = alike.element_size();
        long bytes = alike.size(3) * number;
        int heads = Math.toIntExact(alike.size(1));
        int tokens = Math.toIntExact(alike.size(2));
        long rowStride = alike.stride(0);
        long headStride = alike.stride(1);
        long tokenStride = alike.stride(2);
        if (alike.stride(3) != 1 || places.length != (long) count * heads * tokens) {
            throw new IllegalArgumentException(
                    "keys and values: heads must lie in one piece each, and be as many as there are places");
        }
        for (int i = 0; i < places.length; i++) {
            long row = i / (heads * tokens);
            long head = i / tokens % heads;
            long at = row * rowStride + head * headStride + i % tokens * tokenStride;
            MemorySegment.copy(source, at * number, target, places[i] * bytes, bytes);
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
        keys.close();
        values.close();
    }

    /// The keys, or the values, of all blocks: each block's in a memory of its own that is `[R, K, W, d]` at its
    /// beginning, and W grows.
    private static final class Laid implements AutoCloseable {
        private final Tensor memory; // [L, R*K*C*d]
        private final int heads; // K
        private final int rows;
        private final long size; // d
        private @Nullable Tensor all; // [L, R, K, W, d]
        private final List<Tensor> layers = new ArrayList<>(); // [R, K, W, d] each

        Laid(ModelConfig config, ScalarType type, int rows, int capacity) {
            this.rows = rows;
            this.heads = config.heads().keyValues();
            this.size = config.heads().width();
            long numbers = Math.multiplyExact((long) rows * heads * size, (long) capacity);
            try (Scope scope = Scope.noGrad()) {
                memory = scope.release(Tensors.empty(type, config.numLayers(), numbers));
            }
        }

        Tensor all() {
            return Objects.requireNonNull(all, "room is made before anything is asked for");
        }

        Tensor layer(int layer) {
            return layers.get(layer);
        }

        /// Moves the first rows' heads from room for `before` tokens each to room for `after`, with zeros behind
        /// what they had.
        void move(int rowsInUse, int before, int after) {
            long layerBytes = memory.size(1) * memory.element_size();
            long token = size * memory.element_size();
            MemorySegment bytes = Tensors.memory(memory);
            // Memory is copied faster by two.
            IntStream.range(0, Math.toIntExact(memory.size(0))).parallel().forEach(layer -> {
                MemorySegment own = bytes.asSlice(layer * layerBytes, layerBytes);
                if (after > before) {
                    spread(own, (long) rowsInUse * heads, before * token, after * token);
                } else {
                    gather(own, (long) rowsInUse * heads, before * token, after * token);
                }
            });
            forget();
            try (Scope scope = Scope.noGrad()) {
                Tensor whole = memory.narrow(1, 0, (long) rows * heads * after * size)
                        .view(memory.size(0), rows, heads, after, size);
                for (int layer = 0; layer < memory.size(0); layer++) {
                    layers.add(scope.release(whole.select(0, layer)));
                }
                all = scope.release(whole);
            }
        }

        /// The last one first, so that none is written over before it has moved.
        private static void spread(MemorySegment layer, long count, long before, long after) {
            for (long i = count - 1; i >= 0; i--) {
                MemorySegment.copy(layer, i * before, layer, i * after, before);
                layer.asSlice(i * after + before, after - before).fill((byte) 0);
            }
        }

        private static void gather(MemorySegment layer, long count, long before, long after) {
            for (long i = 0; i < count; i++) {
                MemorySegment.copy(layer, i * before, layer, i * after, after);
            }
        }

        /// Zeros in some rows' tokens `first` to before `end`.
        void clear(int row, int number, long first, long end) {
            all().narrow(1, row, number).narrow(3, first, end - first).zero_();
        }

        private void forget() {
            layers.forEach(Tensor::close);
            layers.clear();
            if (all != null) {
                all.close();
            }
        }

        @Override
        public void close() {
            forget();
            memory.close();
        }
    }
}
