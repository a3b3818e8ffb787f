package dev.nla4j.model;

import dev.nla4j.tensor.MachineProbe;
import dev.nla4j.tensor.Operator;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Threads;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// libtorch's blocked attention for the CPU, which also gives the logarithm of each softmax's sum: what is needed
/// to join the results of two parts exactly. It keeps no gradient.
final class FlashAttention {
    private static final Operator OPERATOR = Operator.of("aten::_scaled_dot_product_flash_attention_for_cpu");

    private static final double DROPOUT = 0;
    private static final boolean CAUSAL = false;

    /// Multiplications that one thread does in about the time that it takes to wake another.
    private static final long LITTLE = 1L << 18;

    /// Multiplications of a row that take more than a millisecond.
    private static final long LARGE = 1L << 26;

    /// Tokens of one call of a step.
    private static final long PIECE = 256;

    /// Numbers of fp32 that libtorch's loops go on by: two of the widest vectors.
    static final int VECTOR = 32;

    /// Asked once, and only when needed.
    private static final class Bf16 {
        static final boolean FAST = MachineProbe.hasMatrixUnits();
    }

    private FlashAttention() {}

    /// Whether its products of bf16 go to matrix units, as far as the system says. Without them it multiplies number by
    /// number and takes forty times as long as plain products of bf16 do.
    static boolean isFastInBf16() {
        return Bf16.FAST;
    }

    /// A part's result, and what it weighs.
    ///
    /// @param values `[B, K, M, d]`
    /// @param logSums `[B, K, M]` fp32
    record Part(Tensor values, Tensor logSums) {}

    /// Attention of M queries over S tokens.
    ///
    /// @param query `[B, K, M, d]`
    /// @param key `[B, K, S, d]`
    /// @param value `[B, K, S, d]`
    /// @param mask `[B or 1, 1, M, S]` added to the scaled scores, or null
    static Part apply(Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, double scale) {
        // Waking a second thread takes longer than little work does.
        long work = query.numel() * key.size(2);
        // OpenBLAS's number of threads decides last bits: a row's own work decides on it, not how many rows there are.
        boolean large = work / query.size(0) >= LARGE;
        try (Threads.Limit _ = work <= LITTLE ? Threads.one() : Threads.all();
                Threads.@Nullable Blas _ = large ? Threads.apart() : null) {
            Tensor[] results = OPERATOR.call(query, key, value, DROPOUT, CAUSAL, mask, scale);
            return new Part(results[0], results[1]);
        }
    }

    /// As [#apply] where rows see different numbers of the S tokens: in pieces, joined exactly. Inside of one call
    /// sums go in another order from some 400 tokens on, so a row's bits would depend on how many the others see.
    /// A piece of which a row sees nothing changes no bit of it.
    static Part applyInPieces(Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, double scale) {
        long all = key.size(2);
        if (all <= PIECE) {
            return apply(query, key, value, mask, scale);
        }
        Part joined = null;
        for (long from = 0; from < all; from += PIECE) {
            long count = Math.min(PIECE, all - from);
            Tensor hidden = mask == null ? null : mask.narrow(3, from, count);
            Part part = apply(query, key.narrow(2, from, count), value.narrow(2, from, count), hidden, scale);
            joined = joined == null ? part : new Part(join(joined, part), logSums(joined, part));
        }
        return Objects.requireNonNull(joined, "attention over no tokens");
    }

    /// Joins the attention over two parts of the tokens into that over both (Dao et al. 2022, section 3.1):
    /// each part weighs as much as its sum of exponentials.
    static Tensor join(Part first, Part second) {
        Tensor difference = second.logSums().sub(first.logSums());
        Tensor weight = as(difference, filled(difference).sigmoid()).unsqueeze(-1); // [B, K, M, 1]
        return first.values().lerp(second.values(), weight);
    }

    private static Tensor logSums(Part first, Part second) {
        return as(first.logSums(), filled(first.logSums()).logaddexp(filled(second.logSums())));
    }

    /// `[B, n]`, n filled up to whole vectors. libtorch's loops compute what is left over by another formula: a row's
    /// last bits would depend on how many rows there are.
    private static Tensor filled(Tensor x) {
        Tensor rows = x.reshape(x.size(0), -1);
        long missing = Math.floorMod(-rows.size(1), VECTOR);
        return missing == 0 ? rows : torch.constant_pad_nd(rows, new long[] {0, missing});
    }

    /// What was computed of `x`, [#filled], in its shape.
    private static Tensor as(Tensor x, Tensor filled) {
        return filled.narrow(1, 0, x.numel() / x.size(0)).reshape(Shapes.of(x));
    }
}
