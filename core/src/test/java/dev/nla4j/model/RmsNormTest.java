package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.Arrays;
import java.util.Random;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The norm and its gradient against the formula in double, whose gradient libtorch makes of plain operators.
class RmsNormTest {
    private static final int WIDTH = 37;
    /// fp32 carries seven digits; sums of 37 numbers lose less than one.
    private static final double ROUNDING = 1e-6;

    /// Values and gradients, where eps weighs as much as the rows do and where it does not.
    @ParameterizedTest
    @CsvSource({
        "1e-5, 1, false",
        "1e-5, 1, true",
        "1, 1, false",
        "1, 0.01, true",
        "1e-6, 1e4, false",
        "1e-12, 1e-20, false"
    })
    void the_norm_and_its_gradients_are_those_of_the_formula(double eps, double size, boolean weightLearns) {
        compare(rows(5, size), eps, weightLearns);
    }

    @Test
    void a_row_of_zeros_among_others_has_the_formula_s_gradient_too() {
        float[] rows = rows(5, 1);
        Arrays.fill(rows, WIDTH, 2 * WIDTH, 0);
        compare(rows, 1e-5, false);
        compare(new float[3 * WIDTH], 1e-5, false);
    }

    @Test
    void only_the_weight_may_learn() {
        try (Scope _ = Scope.open()) {
            Tensor x = Tensors.of(rows(4, 1), 4, WIDTH);
            Tensor weight = Tensors.of(rows(1, 1), WIDTH).set_requires_grad(true);
            Tensor out = RmsNorm.apply(x, weight, 1e-5);
            out.sum().backward();
            Tensor expected = formula(
                            x.to(ScalarType.Double), Tensors.of(ones(), WIDTH).to(ScalarType.Double), 1e-5)
                    .sum(new long[] {0}, false, new ScalarTypeOptional());
            assertThat(difference(weight.grad(), expected)).isLessThan(ROUNDING);
        }
    }

    @Test
    void recorded_or_not_the_values_agree_and_no_row_s_bits_depend_on_the_others() {
        try (Scope _ = Scope.noGrad()) {
            Tensor weight = Tensors.of(rows(1, 1), WIDTH);
            Tensor x = Tensors.of(rows(300, 3), 300, WIDTH);
            float[] together = Tensors.floats(RmsNorm.apply(x, weight, 1e-5));
            for (int row = 0; row < 300; row++) {
                float[] alone = Tensors.floats(RmsNorm.apply(x.narrow(0, row, 1), weight, 1e-5));
                assertThat(alone).isEqualTo(Arrays.copyOfRange(together, row * WIDTH, (row + 1) * WIDTH));
            }
            try (Scope _ = Scope.open()) {
                Tensor recorded = RmsNorm.apply(x.detach().set_requires_grad(true), weight, 1e-5);
                assertThat(difference(recorded, Tensors.of(together, 300, WIDTH)))
                        .isLessThan(ROUNDING);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void narrow_numbers_are_widened_and_gaps_between_rows_are_stepped_over(boolean narrow) {
        try (Scope _ = Scope.open()) {
            Tensor leaf = Tensors.of(rows(12, 1), 2, 3, 2, WIDTH)
                    .to(narrow ? ScalarType.BFloat16 : ScalarType.Float)
                    .detach()
                    .set_requires_grad(true);
            Tensor heads = leaf.narrow(2, 1, 1); // [2, 3, 1, WIDTH] with gaps
            Tensor weight = Tensors.of(rows(1, 1), WIDTH);
            Tensor out = RmsNorm.apply(heads, weight, 1e-5);
            assertThat(out.scalar_type().intern()).isEqualTo(ScalarType.Float);
            Tensor wide = heads.detach().to(ScalarType.Double).set_requires_grad(true);
            Tensor expected = formula(wide, weight.to(ScalarType.Double), 1e-5);
            assertThat(difference(out, expected)).isLessThan(ROUNDING);
            assertThat(difference(RmsNorm.apply(heads.detach(), weight, 1e-5), expected))
                    .isLessThan(ROUNDING);
            out.sum().backward();
            expected.sum().backward();
            assertThat(leaf.grad().narrow(2, 0, 1).abs().max().item().toDouble())
                    .isZero();
            // A bf16 number's gradient is rounded to bf16.
            assertThat(difference(leaf.grad().narrow(2, 1, 1), wide.grad())).isLessThan(narrow ? 0x1p-8 : ROUNDING);
        }
    }

    @Test
    void what_is_no_number_or_too_large_stays_in_its_row() {
        float[] rows = rows(3, 1);
        rows[0] = Float.NaN;
        rows[WIDTH] = 3e38f;
        rows[WIDTH + 1] = 3e38f;
        try (Scope _ = Scope.open()) {
            Tensor x = Tensors.of(rows, 3, WIDTH).set_requires_grad(true);
            float[] out = Tensors.floats(RmsNorm.apply(x, Tensors.of(ones(), WIDTH), 1e-5));
            float[] last = Arrays.copyOfRange(out, 2 * WIDTH, 3 * WIDTH);
            assertThat(out[0]).isNaN();
            for (float value : last) {
                assertThat(value).isFinite();
            }
        }
    }

    private static void compare(float[] values, double eps, boolean weightLearns) {
        int count = values.length / WIDTH;
        try (Scope _ = Scope.open()) {
            Tensor x = Tensors.of(values, count, WIDTH).set_requires_grad(true);
            Tensor weight = Tensors.of(rows(1, 1), WIDTH).set_requires_grad(weightLearns);
            Tensor slope = Tensors.of(rows(count, 1), count, WIDTH);
            Tensor wideX = x.detach().to(ScalarType.Double).set_requires_grad(true);
            Tensor wideWeight = weight.detach().to(ScalarType.Double).set_requires_grad(true);
            Tensor out = RmsNorm.apply(x, weight, eps);
            Tensor expected = formula(wideX, wideWeight, eps);
            assertThat(difference(out, expected)).isLessThan(ROUNDING);
            out.mul(slope).sum().backward();
            expected.mul(slope.to(ScalarType.Double)).sum().backward();
            assertThat(difference(x.grad(), wideX.grad())).isLessThan(ROUNDING);
            if (weightLearns) {
                assertThat(difference(weight.grad(), wideWeight.grad())).isLessThan(ROUNDING);
            }
        }
    }

    private static Tensor formula(Tensor x, Tensor weight, double eps) {
        Tensor mean = x.mul(x).mean(new long[] {-1}, true, new ScalarTypeOptional());
        return x.mul(Tensors.plus(mean, eps).rsqrt()).mul(weight);
    }

    /// Distance as a share of what is expected; 0 where both are zero.
    private static double difference(Tensor actual, Tensor expected) {
        double length = expected.norm().item().toDouble();
        double distance = actual.to(ScalarType.Double)
                .sub(expected.to(ScalarType.Double))
                .norm()
                .item()
                .toDouble();
        return distance == 0 ? 0 : distance / length;
    }

    private static float[] ones() {
        float[] ones = new float[WIDTH];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static float[] rows(int count, double size) {
        Random random = new Random(count);
        float[] values = new float[count * WIDTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * size);
        }
        return values;
    }
}
