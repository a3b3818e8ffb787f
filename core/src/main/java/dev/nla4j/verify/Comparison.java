package dev.nla4j.verify;

import dev.nla4j.activation.Vectors;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.verify.GoldenReport.Row;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// Collects rows by the rule of a dtype: fp32 by the largest difference relative to the largest value, bf16
/// by the cosine of all values taken as one vector.
final class Comparison {
    static final double FP32_LIMIT = 1e-4;
    static final double BF16_LIMIT = 1e-3;

    private final DType dtype;
    private final List<Row> rows = new ArrayList<>();

    Comparison(DType dtype) {
        this.dtype = dtype;
    }

    List<Row> rows() {
        return rows;
    }

    /// Compares whole tensors at the dtype's usual limit.
    void compare(String name, Tensor ours, Tensor golden) {
        compare(name, Tensors.floats(ours), Tensors.floats(golden), FP32_LIMIT);
    }

    /// Compares with another limit in fp32.
    void compare(String name, float[] ours, float[] golden, double fp32Limit) {
        if (ours.length != golden.length) {
            rows.add(new Row(
                    name,
                    "differing",
                    Double.NaN,
                    0,
                    "ours has " + ours.length + " numbers, the golden " + golden.length));
            return;
        }
        switch (dtype) {
            case FP32 -> rows.add(new Row(name, "max |a-b| / max |b|", relative(ours, golden), fp32Limit, ""));
            case BF16 -> rows.add(new Row(name, "1 - cos", 1 - cosine(ours, golden), BF16_LIMIT, ""));
        }
    }

    /// Compares the first `lengths[row]` tokens of each row of `[B, T, ...]` tensors.
    void compareUnmasked(String name, Tensor ours, Tensor golden, long[] lengths) {
        compare(name, unmasked(ours, lengths), unmasked(golden, lengths));
    }

    private static Tensor unmasked(Tensor x, long[] lengths) {
        Tensor[] parts = new Tensor[lengths.length];
        for (int row = 0; row < lengths.length; row++) {
            parts[row] = x.select(0, row).narrow(0, 0, lengths[row]);
        }
        return Tensors.cat(0, parts);
    }

    /// Adds a row of counted differences; in bf16 it is shown and not judged.
    void count(String name, int differing, int of, String note) {
        double limit = dtype == DType.FP32 ? 0 : Double.POSITIVE_INFINITY;
        rows.add(new Row(name, "differing of " + of, differing, limit, note));
    }

    /// Adds a row of counted differences that must be none in any dtype.
    void require(String name, int differing, int of, String note) {
        rows.add(new Row(name, "differing of " + of, differing, 0, note));
    }

    private static double relative(float[] ours, float[] golden) {
        double worst = 0;
        double largest = 0;
        for (int i = 0; i < golden.length; i++) {
            double difference = Math.abs((double) ours[i] - golden[i]);
            worst = Double.isNaN(difference) ? Double.NaN : Math.max(worst, difference);
            largest = Math.max(largest, Math.abs(golden[i]));
        }
        return worst == 0 ? 0 : worst / largest;
    }

    private static double cosine(float[] ours, float[] golden) {
        return Vectors.dot(ours, golden) / Math.sqrt(Vectors.square(ours) * Vectors.square(golden));
    }
}
