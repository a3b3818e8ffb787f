package dev.nla4j.model;

import dev.nla4j.tensor.Operator;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Root-mean-square norm (Zhang, Sennrich 2019), always in fp32: `x / sqrt(mean(x²) + eps) · weight`.
final class RmsNorm {
    /// Libtorch's operator `v · g / |v|` for each row, whose gradient is one operator too.
    private static final Operator WEIGHT_NORM = Operator.of("aten::_weight_norm_interface");

    /// Rows shorter than this might have a length of zero there, by which it would divide.
    private static final float SHORTEST = 1e-15f;

    private static final Scalar TWO = Scope.constant(new Scalar(2.0));
    private static final long[] LAST = {-1};
    private static final ScalarTypeOptional NO_TYPE = Scope.constant(new ScalarTypeOptional());

    private RmsNorm() {}

    /// The norm of each row.
    ///
    /// @param x `[..., n]`
    /// @param weight `[n]` fp32
    /// @return fp32, of x's shape
    static Tensor apply(Tensor x, Tensor weight, double eps) {
        Tensor wide = Tensors.as(torch.ScalarType.Float, x);
        if (!GradMode.is_enabled() || !(x.requires_grad() || weight.requires_grad())) {
            return wide.mul(inverses(wide, weight.size(0), eps)).mul_(weight);
        }
        Tensor rows = wide.reshape(-1, weight.size(0)).contiguous(); // [N, n]
        Tensor scaled = recorded(rows, eps);
        // What the weight's own gradient needs must not be written over.
        return (weight.requires_grad() ? scaled.mul(weight) : scaled.mul_(weight)).view(wide.sizes());
    }

    /// `[N, n]` divided by `sqrt(mean(x²) + eps)`, with its gradient.
    private static Tensor recorded(Tensor rows, double eps) {
        long width = rows.size(1);
        float[] lengths; // [N]
        try (Scope _ = Scope.noGrad()) {
            lengths = Tensors.floats(lengths(rows));
        }
        boolean fused = rows.requires_grad();
        for (float length : lengths) {
            fused &= length > SHORTEST && length < Float.POSITIVE_INFINITY;
        }
        if (!fused) {
            return rows.mul(inverse(rows.square().sum(LAST, true, NO_TYPE), width, eps));
        }
        float[] floored = new float[lengths.length]; // √(|x|² + n·eps)
        float[] factors = new float[lengths.length];
        for (int row = 0; row < lengths.length; row++) {
            double floor = Math.sqrt((double) lengths[row] * lengths[row] + (double) width * eps);
            floored[row] = (float) floor;
            factors[row] = (float) (lengths[row] * Math.sqrt((double) width) / floor);
        }
        try (Scope scope = Scope.open()) {
            Tensor factor = Tensors.of(factors, lengths.length, 1);
            Tensor[] results = WEIGHT_NORM.call(rows, factor, 0L);
            // x · g / |x| has been computed with g = |x|·√n / floored. Its gradient by x is made of g and |x| as they
            // stand in memory then; with √n and floored in their places it is this norm's.
            overwrite(results[1], floored);
            Arrays.fill(factors, (float) Math.sqrt((double) width));
            overwrite(factor, factors);
            return scope.keep(results[0]);
        }
    }

    /// `1 / sqrt(mean(x²) + eps)` of each row, `[..., 1]`: one operator and a loop over a number a row. Four more
    /// operators would take longer than all else that a norm does for one row.
    private static Tensor inverses(Tensor rows, long width, double eps) {
        Tensor lengths = lengths(rows);
        MemorySegment memory = Tensors.memory(lengths);
        long count = memory.byteSize() / Float.BYTES;
        for (long row = 0; row < count; row++) {
            double length = memory.getAtIndex(ValueLayout.JAVA_FLOAT, row);
            memory.setAtIndex(
                    ValueLayout.JAVA_FLOAT, row, (float) (1 / Math.sqrt(length * length / (double) width + eps)));
        }
        return lengths;
    }

    private static void overwrite(Tensor tensor, float[] values) {
        MemorySegment.copy(values, 0, Tensors.memory(tensor), ValueLayout.JAVA_FLOAT, 0, values.length);
    }

    /// `[..., n]` to `[..., 1]`.
    private static Tensor lengths(Tensor rows) {
        return torch.linalg_vector_norm(rows, TWO, LAST, true, NO_TYPE);
    }

    /// `1 / sqrt(squares / n + eps)`, of sums of squares `[..., 1]`.
    private static Tensor inverse(Tensor squares, long width, double eps) {
        return Tensors.plus(Tensors.times(squares, 1.0 / width), eps).rsqrt();
    }
}
