package dev.nla4j.model;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// Root-mean-square norm (Zhang, Sennrich 2019), always in fp32: `x / sqrt(mean(x²) + eps) · weight`.
final class RmsNorm {
    private RmsNorm() {}

    /// The norm of each row.
    ///
    /// @param x `[..., n]`
    /// @param weight `[n]` fp32
    /// @return fp32, of x's shape
    static Tensor apply(Tensor x, Tensor weight, double eps) {
        if (GradMode.is_enabled() && (x.requires_grad() || weight.requires_grad())) {
            return recorded(x.to(torch.ScalarType.Float), weight, eps);
        }
        try (TensorOptional scale = new TensorOptional(weight);
                DoubleOptional floor = new DoubleOptional(eps)) {
            return torch.rms_norm(x.to(torch.ScalarType.Float), new long[] {weight.size(0)}, scale, floor);
        }
    }

    /// The same, of operators whose gradients take few passes over memory.
    private static Tensor recorded(Tensor x, Tensor weight, double eps) {
        // Of x · x one factor passes no gradient on: one pass over memory instead of three. The gradient's other half
        // is
        // made up for where there is one number a row, by a difference that is zero.
        Tensor once = Tensors.times(x.detach().mul(x).sum(LAST, true, NO_TYPE), 1.0 / weight.size(0)); // [..., 1]
        Tensor mean = once.add(once.sub(once.detach()));
        return x.mul(Tensors.plus(mean, eps).rsqrt()).mul(weight);
    }

    private static final long[] LAST = {-1};
    private static final ScalarTypeOptional NO_TYPE = Scope.constant(new ScalarTypeOptional());
}
