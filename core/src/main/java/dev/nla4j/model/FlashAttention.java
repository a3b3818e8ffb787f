package dev.nla4j.model;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Threads;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// libtorch's blocked attention for the CPU, which also gives the logarithm of each softmax's sum: what is needed
/// to join the results of two parts exactly. It is not mapped as a function, so that it is called through the
/// dispatcher. It keeps no gradient.
final class FlashAttention {
    private static final OperatorHandle OPERATOR = Scope.constant(
            Dispatcher.singleton().findSchemaOrThrow("aten::_scaled_dot_product_flash_attention_for_cpu", ""));

    /// Multiplications that one thread does in about the time that it takes to wake another.
    private static final long LITTLE = 1L << 18;

    /// Numbers of fp32 that libtorch's loops go on by: two of the widest vectors.
    private static final int VECTOR = 32;

    private FlashAttention() {}

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
        boolean little = query.numel() * key.size(2) <= LITTLE;
        try (Scope scope = Scope.open();
                Threads.Limit _ = little ? Threads.one() : Threads.all()) {
            IValueVector stack = new IValueVector(
                    new IValue(query),
                    new IValue(key),
                    new IValue(value),
                    new IValue(0.0),
                    new IValue(false),
                    mask == null ? new IValue() : new IValue(mask),
                    new IValue(scale));
            OPERATOR.callBoxed(stack);
            // Views, since the stack owns what it returns.
            return new Part(
                    scope.keep(new Tensor(stack.get(0).toTensor())),
                    scope.keep(new Tensor(stack.get(1).toTensor())));
        }
    }

    /// As libtorch's, which computes what is left over after whole vectors by another formula: so each row is filled up
    /// to whole vectors, or its last bits would depend on how many rows there are.
    private static Tensor sigmoid(Tensor x) {
        Tensor rows = x.reshape(x.size(0), -1);
        long own = rows.size(1);
        long missing = Math.floorMod(-own, VECTOR);
        if (missing == 0) {
            return x.sigmoid();
        }
        return torch.constant_pad_nd(rows, new long[] {0, missing})
                .sigmoid()
                .narrow(1, 0, own)
                .reshape(Shapes.of(x));
    }

    /// Joins the attention over two parts of the tokens into that over both (Dao et al. 2022, section 3.1):
    /// each part weighs as much as its sum of exponentials.
    static Tensor join(Part first, Part second) {
        Tensor weight = sigmoid(second.logSums().sub(first.logSums())).unsqueeze(-1); // [B, K, M, 1]
        return first.values().lerp(second.values(), weight);
    }
}
