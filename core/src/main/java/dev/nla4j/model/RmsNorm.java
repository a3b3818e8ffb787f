package dev.nla4j.model;

import org.bytedeco.pytorch.DoubleOptional;
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
        try (TensorOptional scale = new TensorOptional(weight);
                DoubleOptional floor = new DoubleOptional(eps)) {
            return torch.rms_norm(x.to(torch.ScalarType.Float), new long[] {weight.size(0)}, scale, floor);
        }
    }
}
