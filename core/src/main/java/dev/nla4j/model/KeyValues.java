package dev.nla4j.model;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// The keys and values of tokens already read, for `B` rows of equal length; memory for all `capacity` tokens is taken
/// at
/// once, so that a step copies only its own.
public final class KeyValues implements AutoCloseable {
    private final List<Tensor> keys = new ArrayList<>(); // [B, K, capacity, d] each
    private final List<Tensor> values = new ArrayList<>(); // [B, K, capacity, d] each
    private final long capacity;
    private long length;

    /// @param rows B
    /// @param capacity most tokens a row will ever have
    public KeyValues(ModelConfig config, DType dtype, long rows, long capacity) {
        this.capacity = capacity;
        try (Scope scope = Scope.noGrad()) {
            for (int layer = 0; layer < config.numLayers(); layer++) {
                long heads = config.heads().keyValues();
                keys.add(scope.keep(Tensors.empty(
                        dtype, rows, heads, capacity, config.heads().width())));
                values.add(scope.keep(Tensors.empty(
                        dtype, rows, heads, capacity, config.heads().width())));
            }
        }
    }

    /// Tokens a row holds.
    public long length() {
        return length;
    }

    /// Adds a call's keys `[B, K, T, d]` and returns those of all tokens, `[B, K, S, d]`.
    Tensor appendKeys(int layer, Tensor added) {
        return append(keys.get(layer), added);
    }

    /// As [#appendKeys].
    Tensor appendValues(int layer, Tensor added) {
        return append(values.get(layer), added);
    }

    /// Called once after all layers have appended `tokens`.
    void advance(long tokens) {
        length += tokens;
    }

    private Tensor append(Tensor all, Tensor added) {
        long tokens = added.size(2);
        if (length + tokens > capacity) {
            throw new IllegalStateException("a cache for " + capacity + " tokens can't take " + (length + tokens));
        }
        all.narrow(2, length, tokens).copy_(added);
        return all.narrow(2, 0, length + tokens);
    }

    @Override
    public void close() {
        keys.forEach(Tensor::close);
        values.forEach(Tensor::close);
    }
}
