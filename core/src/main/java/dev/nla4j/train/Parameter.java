package dev.nla4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/// A named leaf tensor that learns. The tensor belongs to whoever made it and must outlive every step.
///
/// @param name unique in its list; also the tensor's name in checkpoints
public record Parameter(String name, Tensor tensor) {
    public Parameter {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("name: must not be empty");
        }
        if (!tensor.is_leaf() || !tensor.requires_grad()) {
            throw new IllegalArgumentException(
                    name + ": must be a leaf that requires a gradient; call detach().requires_grad_() first");
        }
    }

    /// All of these by their names, to which more may be added.
    public static List<Parameter> all(Map<String, Tensor> leaves) {
        List<Parameter> all = new ArrayList<>();
        leaves.forEach((name, leaf) -> all.add(new Parameter(name, leaf)));
        return all;
    }

    /// The accumulated gradient, of the tensor's own shape; a handle of the open scope.
    ///
    /// @throws IllegalStateException when no backward pass has reached this tensor
    public Tensor gradient() {
        Tensor gradient = tensor.grad();
        if (!gradient.defined()) {
            throw new IllegalStateException(name + ": has no gradient; every parameter must take part in the loss");
        }
        return gradient;
    }

    /// Whether a backward pass has reached this tensor since it was made.
    public boolean hasGradient() {
        return tensor.grad().defined();
    }
}
