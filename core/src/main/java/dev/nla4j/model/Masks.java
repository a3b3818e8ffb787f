package dev.nla4j.model;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Which earlier tokens a token sees, as terms added to scores: 0 or minus infinity. Made once a call and shared by all
/// layers with the same window; freed when it closes.
final class Masks implements AutoCloseable {
    private final DType dtype;
    private final Map<Key, Tensor> made = new HashMap<>();

    Masks(DType dtype) {
        this.dtype = dtype;
    }

    private record Key(long tokens, long all, long offset, int window, long group) {}

    /// The mask of a call.
    ///
    /// @param tokens T, whose first stands at position `offset`
    /// @param all S
    /// @param window how far back a token sees; 0 for all
    /// @param group G: the mask is repeated for each head of a group
    /// @return `[G*T, S]`, or null when every token sees all
    @Nullable
    Tensor of(long tokens, long all, long offset, int window, long group) {
        if (tokens == 1 && offset == all - 1 && (window == 0 || window >= all)) {
            return null;
        }
        return made.computeIfAbsent(new Key(tokens, all, offset, window, group), this::make);
    }

    @Override
    public void close() {
        made.values().forEach(Tensor::close);
    }

    private Tensor make(Key key) {
        // Released: the scope of the block that asks first closes before the other blocks ask.
        try (Scope scope = Scope.open();
                Scalar start = new Scalar(key.offset);
                Scalar end = new Scalar(key.offset + key.tokens);
                Scalar zero = new Scalar(0L);
                Scalar count = new Scalar(key.all);
                Scalar never = new Scalar(Double.NEGATIVE_INFINITY)) {
            Tensor here = torch.arange(start, end).view(key.tokens, 1); // [T, 1]
            Tensor there = torch.arange(zero, count).view(1, key.all); // [1, S]
            Tensor back = here.sub(there).to(ScalarType.Long); // [T, S], how far back
            Tensor hidden = back.lt(zero);
            if (key.window > 0) {
                try (Scalar window = new Scalar((long) key.window)) {
                    hidden = hidden.logical_or(back.ge(window));
                }
            }
            return scope.release(Tensors.zeros(dtype, key.tokens, key.all)
                    .masked_fill_(hidden, never)
                    .repeat(key.group, 1)); // [G*T, S]
        }
    }
}
