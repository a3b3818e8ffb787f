package dev.nla4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Where nothing is packed (AMX, AVX-512 without bf16), nothing of this runs.
class PackedMatrixTest {
    private static final int ROWS = 260;
    private static final ScalarType TYPE = DType.BF16.arithmetic();
    /// Of bf16, by the number itself.
    private static final double HALF_STEP = 1.0 / 256;

    private Scope scope;

    @BeforeEach
    void open() {
        assumeThat(Matrix.packs(DType.BF16)).isTrue();
        scope = Scope.noGrad();
        torch.manual_seed(5);
    }

    @AfterEach
    void close() {
        if (scope != null) {
            scope.close();
        }
    }

    private static Tensor weight(long outputs, long inputs) {
        return Tensors.times(torch.randn(outputs, inputs), 0.05).to(ScalarType.BFloat16);
    }

    /// Of up to 4096 numbers a sum, error some 1e-7 of what is added up, and half a step of bf16 where that is the
    /// type of results.
    @ParameterizedTest
    @CsvSource({"960, 576", "576, 1536", "1, 33", "7, 16", "100, 4096"})
    void products_are_those_of_the_stored_numbers_in_fp32(long outputs, long inputs) {
        Tensor weight = weight(outputs, inputs);
        try (Matrix matrix = Matrix.forReading(weight)) {
            assertThat(matrix).isInstanceOf(PackedMatrix.class);
            for (long rows : new long[] {1, 2, 3, 7, 64}) {
                Tensor x = numbers(rows, inputs);
                Tensor found = matrix.times(x.view(1, rows, inputs));
                assertThat(Shapes.of(found)).containsExactly(1, rows, outputs);
                assertThat(found.scalar_type().intern()).isEqualTo(TYPE);
                requireClose(found.view(rows, outputs), x, weight);
            }
        }
    }

    @Test
    void bytes_are_those_of_whole_blocks() {
        assertThat(FbgemmWeights.bytes(64, 576)).isEqualTo(2 * 64 * 1024);
        assertThat(FbgemmWeights.bytes(65, 512)).isEqualTo(2 * 80 * 512);
        assertThat(FbgemmWeights.bytes(1 << 16, 1024)).isEqualTo(2L * (1 << 26));
        assertThat(OneDnnWeights.bytes(960, 576)).isEqualTo(2 * 960 * 576);
        assertThat(OneDnnWeights.bytes(65, 17)).isEqualTo(2 * 128 * 32);
        assertThat(OneDnnWeights.bytes(20, 64)).isEqualTo(2 * 32 * 64);
        assertThat(OneDnnWeights.bytes(3, 64)).isEqualTo(2 * 16 * 64);
        try (Matrix matrix = Matrix.forReading(weight(64, 576))) {
            assertThat(matrix.bytes()).isEqualTo(Matrix.packedBytes(64, 576));
        }
    }

    /// Of weights, and of adapters: few outputs of many inputs, and the reverse.
    @ParameterizedTest
    @CsvSource({"200, 1200", "24, 5000", "8, 576", "960, 24", "576, 3"})
    void a_rows_bits_depend_neither_on_the_rows_beside_it_nor_on_threads(long outputs, long inputs) {
        int before = Threads.inUse();
        try (Matrix matrix = Matrix.forReading(weight(outputs, inputs))) {
            Tensor x = numbers(ROWS, inputs);
            Tensor all = matrix.times(x);
            for (int rows = 1; rows <= ROWS; rows++) {
                Tensor some = matrix.times(x.narrow(0, ROWS - rows, rows));
                assertThat(torch.equal(some, all.narrow(0, ROWS - rows, rows)))
                        .as("%s rows", rows)
                        .isTrue();
            }
            for (int threads : new int[] {1, 2, 3, 5, 16}) {
                torch.set_num_threads(threads);
                assertThat(torch.equal(matrix.times(x), all))
                        .as("%s threads", threads)
                        .isTrue();
            }
        } finally {
            torch.set_num_threads(before);
        }
    }

    /// 2^25 numbers and more are packed in slices.
    @Test
    void a_large_matrix_is_that_of_its_slices() {
        Tensor weight = weight(8200, 4096);
        try (Matrix matrix = Matrix.forReading(weight)) {
            Tensor x = numbers(2, 4096);
            requireClose(matrix.times(x), x, weight);
            assertThat(matrix.outputs()).isEqualTo(8200);
            assertThat(torch.equal(
                            matrix.rows(4000, 200).times(x), matrix.times(x).narrow(1, 4000, 200)))
                    .isTrue();
        }
    }

    @Test
    void rows_of_it_give_their_share_of_the_outputs() {
        try (Matrix matrix = Matrix.forReading(weight(50, 64))) {
            Tensor x = numbers(4, 64);
            Matrix some = matrix.rows(10, 30);
            assertThat(some.outputs()).isEqualTo(30);
            assertThat(torch.equal(some.times(x), matrix.times(x).narrow(1, 10, 30)))
                    .isTrue();
            assertThat(torch.equal(some.rows(5, 3).times(x), matrix.times(x).narrow(1, 15, 3)))
                    .isTrue();
            assertThat(Shapes.of(matrix.times(numbers(0, 64)))).containsExactly(0, 50);
        }
    }

    @Test
    void two_that_are_joined_are_multiplied_with_together_or_by_themselves() {
        assumeThat(Matrix.joins(DType.BF16)).isTrue();
        Tensor weight = weight(90, 64);
        try (Matrix whole = Matrix.forReading(weight);
                Matrix matrix = Matrix.joined(
                        Matrix.forReading(weight.narrow(0, 0, 50)), Matrix.forReading(weight.narrow(0, 50, 40)))) {
            Tensor x = numbers(5, 64);
            Tensor all = whole.times(x);
            assertThat(matrix.outputs()).isEqualTo(90);
            assertThat(torch.equal(matrix.times(x), all)).isTrue();
            assertThat(torch.equal(matrix.rows(0, 50).times(x), all.narrow(1, 0, 50)))
                    .isTrue();
            assertThat(torch.equal(matrix.rows(50, 40).times(x), all.narrow(1, 50, 40)))
                    .isTrue();
            assertThat(torch.equal(matrix.rows(40, 20).times(x), all.narrow(1, 40, 20)))
                    .isTrue();
            Tensor y = numbers(5, 90);
            assertThat(torch.equal(matrix.addTo(y.clone(), x), whole.addTo(y.clone(), x)))
                    .isTrue();
            Tensor cut = y.narrow(1, 40, 20).clone();
            assertThat(torch.equal(
                            matrix.rows(40, 20).addTo(cut, x),
                            whole.addTo(y.clone(), x).narrow(1, 40, 20)))
                    .isTrue();
            assertThat(matrix.parts()).hasSize(2);
            assertThat(matrix.rows(40, 20).parts()).hasSize(1);
            assertThat(matrix.bytes()).isEqualTo(Matrix.packedBytes(50, 64) + Matrix.packedBytes(40, 64));
            assertThat(matrix.isCutFreely(5)).isTrue();
            assertThat(whole.isCutFreely(5)).isFalse();
            Matrix other = Matrix.forReading(weight(4, 65));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Matrix.joined(whole, other))
                    .withMessageContaining("64 and 65");
        }
    }

    /// Off by half a step of bf16 from the function of the exact product.
    @Test
    void a_fused_activation_is_that_of_the_product() {
        Tensor weight = weight(70, 130);
        try (Matrix matrix = Matrix.forReading(weight)) {
            Tensor x = numbers(9, 130);
            if (!matrix.fuses()) {
                assertThatThrownBy(() -> matrix.silu(x)).isInstanceOf(UnsupportedOperationException.class);
                return;
            }
            Tensor found = matrix.silu(x);
            Tensor exact = torch.silu(torch.linear(x.to(ScalarType.Double), weight.to(ScalarType.Double)));
            requireNear(found, exact);
            assertThat(torch.equal(matrix.silu(x.narrow(0, 3, 2)), found.narrow(0, 3, 2)))
                    .isTrue();
            assertThat(Shapes.of(matrix.silu(numbers(0, 130)))).containsExactly(0, 70);
        }
    }

    /// As of adapters: of few inputs. A part of a matrix adds its own outputs.
    @Test
    void what_is_added_to_is_rounded_once() {
        Tensor weight = weight(90, 8);
        try (Matrix matrix = Matrix.forReading(weight)) {
            Tensor x = numbers(33, 8);
            Tensor y = numbers(33, 90);
            Tensor exact = torch.linear(x.to(ScalarType.Double), weight.to(ScalarType.Double))
                    .add(y.to(ScalarType.Double));
            Tensor found = matrix.addTo(y.clone(), x);
            requireNear(found, exact);
            for (int rows = 1; rows < 33; rows++) {
                Tensor some = matrix.addTo(y.narrow(0, 33 - rows, rows).clone(), x.narrow(0, 33 - rows, rows));
                assertThat(torch.equal(some, found.narrow(0, 33 - rows, rows)))
                        .as("%s rows", rows)
                        .isTrue();
            }
            Tensor part = matrix.rows(10, 30).addTo(y.narrow(1, 10, 30).clone(), x);
            assertThat(torch.equal(part, found.narrow(1, 10, 30))).isTrue();
            assertThat(Shapes.of(matrix.addTo(numbers(0, 90), numbers(0, 8)))).containsExactly(0, 90);
        }
    }

    /// In fp16 the smallest numbers lose digits, never more than half a step; what it has no number for is not
    /// packed. Numbers that stay bf16 stay what they are.
    @Test
    void numbers_at_the_ends_of_the_range_are_as_close_as_is_said() {
        float[] numbers = {6.2e-5f, 3e-5f, 1e-6f, 1e-8f, -65280, 1e-20f, 0, -7e-6f};
        Tensor weight = Tensors.of(numbers, 1, numbers.length).to(ScalarType.BFloat16);
        float[] stored = Tensors.floats(weight.to(ScalarType.Float).view(-1));
        float halfStep = FbgemmWeights.isThere() ? 3e-8f : 0;
        try (Matrix matrix = Matrix.forReading(weight)) {
            float[] kept = Tensors.floats(
                    matrix.times(torch.eye(numbers.length).to(TYPE)).view(-1));
            for (int i = 0; i < kept.length; i++) {
                assertThat(Math.abs(kept[i] - stored[i])).as("%s", stored[i]).isLessThanOrEqualTo(halfStep);
            }
        }
        Tensor wide = Tensors.times(torch.ones(2, 8), 1e6).to(ScalarType.BFloat16);
        assertThat(Matrix.forReading(wide))
                .isInstanceOf(FbgemmWeights.isThere() ? StoredMatrix.class : PackedMatrix.class);
    }

    @Test
    void gradients_are_refused() {
        try (Matrix matrix = Matrix.forReading(weight(8, 8));
                Scope _ = Scope.open()) {
            GradMode.set_enabled(true);
            Tensor x = numbers(1, 8).set_requires_grad(true);
            assertThatThrownBy(() -> matrix.times(x)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(matrix::tensor).isInstanceOf(IllegalStateException.class);
        } finally {
            GradMode.set_enabled(false);
        }
    }

    private static Tensor numbers(long rows, long inputs) {
        return torch.randn(rows, inputs).to(TYPE);
    }

    private static void requireClose(Tensor found, Tensor x, Tensor weight) {
        requireNear(found, torch.linear(x.to(ScalarType.Double), weight.to(ScalarType.Double)));
    }

    private static void requireNear(Tensor found, Tensor exact) {
        Tensor off = found.to(ScalarType.Double).sub(exact, new Scalar(1)).abs();
        Tensor allowed = Tensors.plus(Tensors.times(exact.abs(), TYPE == ScalarType.Float ? 0 : HALF_STEP), 1e-4);
        assertThat(off.sub(allowed).max().item_double()).isNegative();
    }
}
