package dev.nla4j.model;

import dev.nla4j.tensor.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// The keys and values of tokens already read, block by block. With one row it stands before every row of later
/// calls: computed once, read by all.
public final class Prefix implements AutoCloseable {
    private final List<Tensor> keys = new ArrayList<>(); // [B, K, P, d] each
    private final List<Tensor> values = new ArrayList<>(); // [B, K, P, d] each
    private final Map<Integer, SoftmaxAttention.Tokens> widened = new HashMap<>();

    private Prefix() {}

    /// Reads `embeddings` `[B, P, D]` through the first `depth` blocks. Gradients reach back through it where
    /// they are recorded. The caller owns it and closes it.
    public static Prefix of(Decoder decoder, Tensor embeddings, int depth) {
        Prefix prefix = empty();
        try (Scope _ = Scope.open()) {
            decoder.residual(embeddings, depth, new Context.Start(null, prefix), (at, residual) -> {});
        } catch (RuntimeException e) {
            prefix.close();
            throw e;
        }
        return prefix;
    }

    /// One to be filled by a call: [Context.Start].
    public static Prefix empty() {
        return new Prefix();
    }

    /// P.
    public long length() {
        return keys.get(0).size(2);
    }

    /// B.
    public long rows() {
        return keys.get(0).size(0);
    }

    /// Blocks it was read through.
    public int depth() {
        return keys.size();
    }

    /// `[B, K, P, d]`.
    Tensor keys(int layer) {
        return keys.get(layer);
    }

    /// `[B, K, P, d]`.
    Tensor values(int layer) {
        return values.get(layer);
    }

    /// Both in `type`, their own or fp32; widened once, since every step of decoding asks for them. Without gradient.
    SoftmaxAttention.Tokens tokens(int layer, ScalarType type) {
        SoftmaxAttention.Tokens stored = new SoftmaxAttention.Tokens(keys.get(layer), values.get(layer));
        if (stored.keys().scalar_type().intern() == type) {
            return stored;
        }
        return widened.computeIfAbsent(layer, _ -> {
            try (Scope scope = Scope.noGrad()) {
                SoftmaxAttention.Tokens wide = stored.to(ScalarType.Float);
                return new SoftmaxAttention.Tokens(scope.release(wide.keys()), scope.release(wide.values()));
            }
        });
    }

    /// Called layer by layer; takes its own references.
    void add(Tensor key, Tensor value) {
        keys.add(own(key));
        values.add(own(value));
    }

    private static Tensor own(Tensor tensor) {
        try (Scope scope = Scope.open()) {
            return scope.release(tensor.contiguous());
        }
    }

    @Override
    public void close() {
        keys.forEach(Tensor::close);
        values.forEach(Tensor::close);
        widened.values().forEach(tokens -> {
            tokens.keys().close();
            tokens.values().close();
        });
        widened.clear();
        keys.clear();
        values.clear();
    }
}
