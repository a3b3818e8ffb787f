package dev.nla4j.train;

import dev.nla4j.tensor.Scope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;

/// How logits go through memory while a model learns. They are made for many tokens at a time, because products of many
/// rows are fast; what follows passes over them a dozen times, so that it takes few enough rows to stay near the
/// processor.
public final class LogitSlices {
    /// Tokens whose logits exist at once.
    public static final int TOKENS = 256;
    /// Numbers that are worked on at once: 4 MB of them.
    private static final long NEAR = 1L << 20;

    private LogitSlices() {}

    /// Rows that are worked on at once, 1 or more.
    public static int near(long vocabulary) {
        return Math.toIntExact(Math.clamp(NEAR / vocabulary, 1L, TOKENS));
    }

    /// Carries back what a loss has overwritten logits with: its gradient by them.
    ///
    /// @param logits `[n, V]` with the graph that made them
    public static void backward(Tensor logits) {
        logits.backward(logits.detach(), NO_RETAINING, false, NO_INPUTS);
    }

    private static final BoolOptional NO_RETAINING = Scope.constant(new BoolOptional());
    private static final TensorArrayRefOptional NO_INPUTS = Scope.constant(new TensorArrayRefOptional());
}
