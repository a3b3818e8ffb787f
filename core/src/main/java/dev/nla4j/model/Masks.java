package dev.nla4j.model;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Which tokens a token sees, as terms added to scores: 0, or so far below that nothing is left of it. Made once
/// a call and shared by all layers with the same window; freed when it closes. Where queries go through in
/// slices, their masks are kept while they are small: all those of a long text would be the memory that slices are
/// there to save, so there one takes the place of another.
final class Masks implements AutoCloseable {
    /// Not infinite: a row that sees nothing of one part must still have a number there to be weighed down with.
    private static final double NEVER = -1e30;

    /// Numbers that the masks of one kind may have together; one may have more.
    private static final long MOST_KEPT = 1L << 23;

    private final Map<Kind, Deque<Made>> made = new HashMap<>(); // the newest last
    private final int[] starts;
    private final int prefix;
    private final long mostKept;

    /// Masks of one call.
    ///
    /// @param starts number of tokens each row has between the prefix and this call; one entry where all rows are
    ///     alike
    /// @param prefix P
    Masks(int[] starts, int prefix) {
        this(starts, prefix, MOST_KEPT);
    }

    /// As above.
    ///
    /// @param mostKept bound on the numbers of one kind's masks
    Masks(int[] starts, int prefix, long mostKept) {
        this.starts = starts.clone();
        this.prefix = prefix;
        this.mostKept = mostKept;
    }

    /// Whose masks are kept together.
    private record Kind(ScalarType type, boolean own, int window) {}

    private record Made(Key key, Tensor mask) {}

    /// @param first of the call's tokens that are queries here
    private record Key(
            ScalarType type, boolean own, int first, int tokens, int seen, int window, int group, int heads) {}

    /// How many of its own tokens a row's query sees, those of a window's other side included.
    ///
    /// @param token of the call
    int reach(int row, int token) {
        return starts[starts.length == 1 ? 0 : row] + token + 1;
    }

    /// How many of its own tokens the row that has most sees.
    ///
    /// @param token of the call
    int reach(int token) {
        return Arrays.stream(starts).max().orElse(0) + token + 1;
    }

    /// What hides tokens of the rows themselves.
    ///
    /// @param type of the scores that it is added to
    /// @param first where this slice of the call's tokens begins
    /// @param tokens T of the slice
    /// @param seen S
    /// @param window how far back a token sees; 0 for all
    /// @param group G: the mask is repeated for each head of a group
    /// @param heads for so many key-value heads it is repeated where rows have masks of their own
    /// @return `[1, 1, G*T, S]` or `[B, heads, G*T, S]`; null when every token sees all
    @Nullable
    Tensor own(ScalarType type, int first, int tokens, int seen, int window, int group, int heads) {
        boolean sees = tokens == 1 && (window == 0 || window >= seen);
        for (int start : starts) {
            sees &= start + first + 1 >= seen;
        }
        return sees
                ? null
                : mask(new Key(type, true, first, tokens, seen, window, group, starts.length == 1 ? 1 : heads));
    }

    /// As [#own] for the tokens of the prefix: `[B or 1, 1, G*T, P]`, or null.
    @Nullable
    Tensor prefix(ScalarType type, int first, int tokens, int window, int group) {
        boolean sees = window == 0 || prefix + reach(first + tokens - 1) <= window;
        return sees ? null : mask(new Key(type, false, first, tokens, prefix, window, group, 1));
    }

    private Tensor mask(Key key) {
        Deque<Made> kept = made.computeIfAbsent(new Kind(key.type, key.own, key.window), _ -> new ArrayDeque<>());
        for (Made one : kept) {
            if (one.key.equals(key)) {
                return one.mask;
            }
        }
        Tensor mask = make(key);
        kept.add(new Made(key, mask));
        long numbers = kept.stream().mapToLong(one -> one.mask.numel()).sum();
        while (numbers > mostKept && kept.size() > 1) {
            Tensor oldest = kept.remove().mask;
            numbers -= oldest.numel();
            oldest.close();
        }
        return mask;
    }

    @Override
    public void close() {
        made.values().forEach(kept -> kept.forEach(one -> one.mask.close()));
    }

    private Tensor make(Key key) {
        long rows = starts.length;
        long[] first = new long[starts.length];
        for (int row = 0; row < first.length; row++) {
            first[row] = (long) starts[row] + key.first + (key.own ? 0 : prefix);
        }
        // Released: the scope of the block that asks first closes before the other blocks ask.
        try (Scope scope = Scope.open();
                Scalar tokens = new Scalar((long) key.tokens);
                Scalar zero = new Scalar(0L);
                Scalar count = new Scalar((long) key.seen);
                Scalar never = new Scalar(NEVER)) {
            Tensor here = Tensors.longs(first, rows, 1, 1)
                    .add(torch.arange(zero, tokens).view(1, key.tokens, 1)); // [B, T, 1]
            Tensor there = torch.arange(zero, count).view(1, 1, key.seen); // [1, 1, S]
            Tensor back = here.sub(there).to(ScalarType.Long); // [B, T, S], how far back
            Tensor hidden = back.lt(zero);
            if (key.window > 0) {
                try (Scalar window = new Scalar((long) key.window)) {
                    hidden = hidden.logical_or(back.ge(window));
                }
            }
            return scope.release(Tensors.zeros(key.type, rows, key.tokens, key.seen)
                    .masked_fill_(hidden, never)
                    .repeat(1, key.group, 1)
                    .unsqueeze(1)
                    .repeat(1, key.heads, 1, 1)); // [B, heads, G*T, S]
        }
    }
}
