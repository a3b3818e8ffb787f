package dev.nla4j.model;

import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
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
        Tensor wide = x.to(torch.ScalarType.Float);
        Tensor meanSquare = wide.mul(wide).mean(LAST, true, null);
        return wide.mul(Tensors.plus(meanSquare, eps).rsqrt()).mul(weight);
    }

    private static final long[] LAST = {-1};
}
