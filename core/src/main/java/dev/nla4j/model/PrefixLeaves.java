package dev.nla4j.model;

import dev.nla4j.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Keys and values that many backward passes share: leaves that gather the gradients of all of them, so that the
/// passes through what the keys and values were computed from are made once ([#carried]).
///
/// The leaves are fp32, whatever the arithmetic: gradients of many parts add up in them.
public final class PrefixLeaves implements AutoCloseable {
    private final Prefix whole;
    private final List<Tensor> keys = new ArrayList<>(); // [B, K, P, d] fp32 each
    private final List<Tensor> values = new ArrayList<>(); // [B, K, P, d] fp32 each

    /// Leaves for what `whole` holds now.
    ///
    /// @param whole stays the caller's
    public PrefixLeaves(Prefix whole) {
        this.whole = whole;
        try (Scope scope = Scope.open()) {
            for (int layer = 0; layer < whole.depth(); layer++) {
                keys.add(leaf(scope, whole.keys(layer)));
                values.add(leaf(scope, whole.values(layer)));
            }
        }
    }

    private static Tensor leaf(Scope scope, Tensor tensor) {
        return scope.release(tensor.detach().to(ScalarType.Float).set_requires_grad(true));
    }

    /// The same keys and values, in their own type, as one backward pass uses them; the caller closes it.
    public Prefix use() {
        Prefix used = Prefix.empty();
        try (Scope _ = Scope.open()) {
            for (int layer = 0; layer < keys.size(); layer++) {
                ScalarType type = whole.keys(layer).scalar_type().intern();
                used.add(keys.get(layer).to(type), values.get(layer).to(type));
            }
        }
        return used;
    }

    /// A scalar whose backward pass carries the gathered gradients on to what the keys and values came from. Its value
    /// means nothing. The open scope owns it.
    public Tensor carried() {
        Tensor sum = null;
        for (int layer = 0; layer < keys.size(); layer++) {
            Tensor both =
                    carried(whole.keys(layer), keys.get(layer)).add(carried(whole.values(layer), values.get(layer)));
            sum = sum == null ? both : sum.add(both);
        }
        if (sum == null) {
            throw new IllegalStateException("a prefix of no block has no gradient");
        }
        return sum;
    }

    /// `Σ tensor · gradient of its leaf`: the gradient with respect to the tensor is the leaf's.
    public static Tensor carried(Tensor tensor, Tensor leaf) {
        return tensor.to(ScalarType.Float).mul(leaf.grad()).sum();
    }

    @Override
    public void close() {
        keys.forEach(Tensor::close);
        values.forEach(Tensor::close);
    }
}
