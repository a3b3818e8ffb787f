package dev.nla4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatrixProductTest {
    @ParameterizedTest
    @CsvSource({"1,3,5,false", "1,3,5,true", "4,3,5,true", "2,7,1,false", "2,64,1100,true", "48,16,1100,false"})
    void a_product_is_the_sum_of_products(int rows, int in, int out, boolean withBias) {
        Random random = new Random(rows * 31L + in);
        float[] x = numbers(random, rows * in);
        float[] weight = numbers(random, out * in);
        float[] bias = numbers(random, out);
        try (Scope _ = Scope.noGrad()) {
            Tensor product = MatrixProduct.linear(
                    Tensors.of(x, 1, rows, in), Tensors.of(weight, out, in), withBias ? Tensors.of(bias, out) : null);
            assertThat(Shapes.of(product)).containsExactly(1, rows, out);
            float[] found = Tensors.floats(product);
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < out; column++) {
                    double expected = withBias ? bias[column] : 0;
                    for (int i = 0; i < in; i++) {
                        expected += (double) x[row * in + i] * weight[column * in + i];
                    }
                    assertThat((double) found[row * out + column]).isCloseTo(expected, within(1e-5));
                }
            }
        }
    }

    /// Shapes at the bounds of what [InnerProduct] takes.
    @Test
    void fp32_products_without_gradients_have_the_same_bits_on_one_thread_and_two_and_again() {
        assumeTrue(Threads.cpuCapability().equals("AVX2"), "OpenBLAS multiplies all here");
        int before = Threads.inUse();
        try (Scope _ = Scope.noGrad()) {
            Random random = new Random(8);
            for (int[] shape : new int[][] {
                {128, 7},
                {128, 8},
                {128, 32},
                {127, 300},
                {192, 300},
                {576, 576},
                {960, 576},
                {192, 1536},
                {576, 1536},
                {1024, 4096},
                {40, 300},
                {8, 1536}
            }) {
                Tensor x = Tensors.of(numbers(random, 333 * shape[1]), 333, shape[1]);
                Tensor weight = Tensors.of(numbers(random, shape[0] * shape[1]), shape[0], shape[1]);
                Tensor y = Tensors.of(numbers(random, 333 * shape[0]), 333, shape[0]);
                for (int rows : new int[] {1, 2, 3, 7, 16, 48, 49, 64, 77, 128, 129, 333}) {
                    Tensor some = x.narrow(0, 0, rows);
                    Tensor to = y.narrow(0, 0, rows);
                    Threads.use(1);
                    Tensor alone = MatrixProduct.linear(some, weight, null);
                    Tensor added = MatrixProduct.addProduct(to.clone(), some, weight);
                    assertThat(added.sub(to).allclose(alone, 1e-4, 1e-4, false)).isTrue();
                    for (int threads : new int[] {1, 2}) {
                        Threads.use(threads);
                        assertThat(MatrixProduct.linear(some, weight, null).equal(alone))
                                .as("%d rows, %d x %d, %d threads", rows, shape[0], shape[1], threads)
                                .isTrue();
                        assertThat(MatrixProduct.addProduct(to.clone(), some, weight)
                                        .equal(added))
                                .as("added, %d rows, %d x %d, %d threads", rows, shape[0], shape[1], threads)
                                .isTrue();
                    }
                }
            }
        } finally {
            Threads.use(before);
        }
    }

    /// On two threads of its own OpenBLAS gives other bits for some of these: equal bits say that it was not asked.
    @Test
    void products_that_suit_the_inner_product_have_the_same_bits_whatever_threads_openblas_has() {
        assumeTrue(InnerProduct.isThere(), "OpenBLAS multiplies all here");
        try (Scope _ = Scope.noGrad()) {
            Random random = new Random(12);
            for (int[] shape : new int[][] {{1536, 576}, {576, 1536}, {128, 3000}}) {
                Tensor weight = Tensors.of(numbers(random, shape[0] * shape[1]), shape[0], shape[1]);
                assertThat(InnerProduct.suits(weight)).isTrue();
                for (int rows : new int[] {2, 7, 70, 333}) {
                    Tensor x = Tensors.of(numbers(random, rows * shape[1]), rows, shape[1]);
                    Tensor y = Tensors.of(numbers(random, rows * shape[0]), rows, shape[0]);
                    Threads.useBlas(1);
                    Tensor product = MatrixProduct.linear(x, weight, null);
                    Tensor added = MatrixProduct.addProduct(y.clone(), x, weight);
                    Threads.useBlas(2);
                    assertThat(MatrixProduct.linear(x, weight, null).equal(product))
                            .as("%d rows, %d x %d", rows, shape[0], shape[1])
                            .isTrue();
                    assertThat(MatrixProduct.addProduct(y.clone(), x, weight).equal(added))
                            .as("added, %d rows, %d x %d", rows, shape[0], shape[1])
                            .isTrue();
                }
            }
        } finally {
            Threads.useBlas(1);
        }
    }

    /// In one piece, in two slices, in three and in four; few inputs and few rows are filled up.
    @ParameterizedTest
    @ValueSource(ints = {8, 1024, 1536, 2100, 3300})
    void a_bf16_product_is_the_sum_over_all_inner_numbers(int inner) {
        Random random = new Random(inner);
        try (Scope _ = Scope.noGrad()) {
            Tensor weight = narrow(random, 24, inner);
            for (int rows : new int[] {1, 3, 40}) {
                Tensor x = narrow(random, rows, inner);
                Tensor product = MatrixProduct.linear(x, weight, null);
                assertThat(Shapes.of(product)).containsExactly(rows, 24);
                requireClose(product, sums(x, weight, null));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 8, 15, 16, 40})
    void a_bf16_sum_and_product_over_few_inner_numbers_is_the_sum_of_both(int inner) {
        Random random = new Random(inner);
        try (Scope _ = Scope.noGrad()) {
            Tensor weight = narrow(random, 24, inner);
            for (int rows : new int[] {1, 3, 40}) {
                Tensor x = narrow(random, rows, inner);
                Tensor y = narrow(random, rows, 24);
                requireClose(MatrixProduct.addProduct(y.clone(), x, weight), sums(x, weight, y));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1030, 2100}) // the last slice has 6 numbers, or 52
    void a_batch_of_bf16_products_sums_over_all_inner_numbers(int inner) {
        Random random = new Random(13);
        try (Scope _ = Scope.noGrad()) {
            Tensor x = narrow(random, 2 * 5, inner).view(2, 5, inner);
            Tensor columns = narrow(random, 2 * 8, inner).view(2, 8, inner);
            Tensor product = MatrixProduct.batched(x, columns.transpose(1, 2).contiguous());
            assertThat(Shapes.of(product)).containsExactly(2, 5, 8);
            for (int i = 0; i < 2; i++) {
                requireClose(product.select(0, i), sums(x.select(0, i), columns.select(0, i), null));
            }
        }
    }

    /// As attention of short prompts has them: by itself a row's product is so small that libtorch would not leave it
    /// to
    /// oneDNN, and some of its sums would have other last bits than in a batch. Of 2,400 rows, 2 to 7 did.
    @ParameterizedTest
    @CsvSource({"3, 15, 64, 1", "3, 6, 64, 2", "3, 3, 64, 1", "1, 12, 32, 4", "1, 8, 8, 5", "2, 5, 2, 64"})
    void bits_of_batched_products_in_bf16_do_not_follow_from_the_rest_of_the_batch(
            int times, int rows, int inner, int outer) {
        assumeTrue(DType.BF16.arithmetic() == ScalarType.BFloat16 && MachineProbe.rowDifference(DType.BF16) == 0);
        int batch = 60;
        torch.manual_seed(3);
        for (int repeat = 0; repeat < 40; repeat++) {
            try (Scope _ = Scope.noGrad()) {
                Tensor x = torch.randn(batch * times, rows, inner).to(ScalarType.BFloat16);
                Tensor y = torch.randn(batch * times, inner, outer).to(ScalarType.BFloat16);
                Tensor term = torch.randn(1, rows, outer).to(ScalarType.BFloat16);
                Tensor shared = y.narrow(0, 0, times);
                Tensor flat = x.view(batch, times, rows, inner)
                        .transpose(0, 1)
                        .reshape(times, (long) batch * rows, inner); // one product for all rows, as with a prefix
                Tensor product = MatrixProduct.batched(x, y);
                Tensor sum = MatrixProduct.batchedOnto(term, x, y, 0.125);
                Tensor common = MatrixProduct.batched(flat, shared);
                for (int i = 0; i < batch; i++) {
                    Tensor some = x.narrow(0, (long) i * times, times);
                    Tensor columns = y.narrow(0, (long) i * times, times);
                    requireEqual(MatrixProduct.batched(some, columns), product.narrow(0, (long) i * times, times));
                    requireEqual(
                            MatrixProduct.batchedOnto(term, some, columns, 0.125),
                            sum.narrow(0, (long) i * times, times));
                    requireEqual(
                            MatrixProduct.batched(
                                    flat.narrow(1, (long) i * rows, rows).contiguous(), shared),
                            common.narrow(1, (long) i * rows, rows));
                }
            }
        }
    }

    private static void requireEqual(Tensor found, Tensor expected) {
        assertThat(torch.equal(found, expected)).isTrue();
    }

    private static Tensor narrow(Random random, int rows, int columns) {
        return Tensors.of(numbers(random, rows * columns), rows, columns).to(ScalarType.BFloat16);
    }

    /// `y + x · weightᵀ` in doubles.
    private static double[] sums(Tensor x, Tensor weight, @Nullable Tensor y) {
        int rows = Math.toIntExact(x.size(0));
        int outer = Math.toIntExact(weight.size(0));
        int inner = Math.toIntExact(weight.size(1));
        float[] left = Tensors.floats(x);
        float[] right = Tensors.floats(weight);
        float[] before = y == null ? new float[rows * outer] : Tensors.floats(y);
        double[] sums = new double[rows * outer];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < outer; column++) {
                double sum = before[row * outer + column];
                for (int i = 0; i < inner; i++) {
                    sum += (double) left[row * inner + i] * right[column * inner + i];
                }
                sums[row * outer + column] = sum;
            }
        }
        return sums;
    }

    /// Within what bf16 rounds, of the largest number.
    private static void requireClose(Tensor product, double[] expected) {
        double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        float[] found = Tensors.floats(product);
        assertThat(found).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) found[i]).isCloseTo(expected[i], within(0.01 * largest));
        }
    }

    @Test
    void weights_that_could_learn_are_multiplied_like_others_where_no_gradient_is_recorded() {
        try (Scope _ = Scope.noGrad()) {
            Random random = new Random(11);
            Tensor x = Tensors.of(numbers(random, 5 * 100), 5, 100);
            Tensor weight = Tensors.of(numbers(random, 1100 * 100), 1100, 100);
            Tensor product = MatrixProduct.linear(x, weight, null);
            Tensor learning = weight.clone().set_requires_grad(true);
            assertThat(MatrixProduct.linear(x, learning, null).equal(product)).isTrue();
        }
    }

    /// 40 million elements are more than are widened at once.
    @Test
    void a_large_bf16_matrix_meets_fp32_rows_part_by_part_with_the_same_result() {
        int in = 2048;
        int out = 20_000;
        Random random = new Random(5);
        try (Scope _ = Scope.noGrad()) {
            Tensor x = Tensors.of(numbers(random, 3 * in), 3, in);
            Tensor weight = Tensors.of(numbers(random, out), out, 1)
                    .expand(out, in)
                    .to(ScalarType.BFloat16)
                    .contiguous();
            float[] found = Tensors.floats(MatrixProduct.linear(x, weight, null));
            float[] sums = Tensors.floats(x.sum(new long[] {1}, false, null));
            float[] column = Tensors.floats(weight.select(1, 0));
            for (int row = 0; row < 3; row++) {
                for (int i : new int[] {0, 16_383, 16_384, out - 1}) {
                    assertThat((double) found[row * out + i]).isCloseTo((double) sums[row] * column[i], within(2e-2));
                }
            }
        }
    }

    /// The probe that other tests ask before they demand equal bits must find them wherever the library itself treats
    /// rows alike in what it does not add up in parts: four rows and more, 1,024 numbers and less.
    @Test
    void rows_of_bf16_products_depend_on_each_other_only_where_the_librarys_own_narrow_ones_do() {
        assumeTrue(DType.BF16.arithmetic() == ScalarType.BFloat16, "bf16 is not multiplied as bf16 here");
        try (Scope _ = Scope.noGrad()) {
            Random random = new Random(9);
            for (int[] shape : new int[][] {{576, 576}, {576, 1536}, {768, 576}, {1024, 576}}) {
                Tensor x = Tensors.of(numbers(random, 640 * shape[0]), 640, shape[0])
                        .to(ScalarType.BFloat16);
                Tensor weight = Tensors.of(numbers(random, shape[1] * shape[0]), shape[1], shape[0])
                        .to(ScalarType.BFloat16);
                Tensor among = torch.linear(x, weight);
                for (int rows : new int[] {4, 8, 10, 16, 41, 64, 160, 256, 328}) {
                    boolean alike = torch.linear(x.narrow(0, 0, rows), weight).equal(among.narrow(0, 0, rows));
                    assumeTrue(alike, "the library's own products differ by the number of rows here");
                }
            }
        }
        assertThat(MachineProbe.rowDifference(DType.BF16)).isZero();
    }

    /// Adapters of few ranks: products over 4, 8 and 12 numbers, each many times, as other bits are rare.
    @ParameterizedTest
    @CsvSource({"8,576", "8,2048", "12,960", "4,576"})
    void a_row_of_a_narrow_bf16_product_has_the_same_bits_among_few_and_many(int inner, int outer) {
        assumeTrue(MachineProbe.rowDifference(DType.BF16) == 0, "products whose rows depend on each other");
        Random random = new Random(inner);
        try (Scope _ = Scope.noGrad()) {
            for (int round = 0; round < 12; round++) {
                Tensor x = Tensors.of(numbers(random, 256 * inner), 256, inner).to(ScalarType.BFloat16);
                Tensor weight =
                        Tensors.of(numbers(random, outer * inner), outer, inner).to(ScalarType.BFloat16);
                Tensor y = Tensors.of(numbers(random, 256 * outer), 256, outer).to(ScalarType.BFloat16);
                Tensor added = MatrixProduct.addProduct(y.clone(), x, weight);
                Tensor product = MatrixProduct.linear(x, weight, null);
                for (int few : new int[] {1, 2, 3, 4, 5, 6, 12}) {
                    for (int from = 0; from + few <= 256; from += few) {
                        Tensor own = x.narrow(0, from, few);
                        Tensor sum =
                                MatrixProduct.addProduct(y.narrow(0, from, few).clone(), own, weight);
                        assertThat(sum.equal(added.narrow(0, from, few)))
                                .as("sum of %d from %d", few, from)
                                .isTrue();
                        assertThat(MatrixProduct.linear(own, weight, null).equal(product.narrow(0, from, few)))
                                .as("product of %d from %d", few, from)
                                .isTrue();
                    }
                }
            }
        }
    }

    private static float[] numbers(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
