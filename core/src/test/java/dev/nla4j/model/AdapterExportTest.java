package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdapterExportTest {
    private static final int IN = 24;
    private static final int OUT = 40;

    @Test
    void what_has_the_rank_is_kept_whole() {
        try (Scope _ = Scope.noGrad()) {
            // Four columns of which two say something: the product has rank 2.
            Tensor b = random(OUT, 4, 1);
            Tensor a = random(4, IN, 2);
            a.narrow(0, 2, 2).zero_();
            AdapterExport.Truncated pair = AdapterExport.truncated(a, b, 2);
            assertThat(pair.lost() / pair.norm()).isLessThan(1e-12);
            assertThat(squared(b.matmul(a).sub(pair.b().matmul(pair.a()))) / pair.norm())
                    .isLessThan(1e-12);
        }
    }

    /// Also where the rank is above a side of the matrix.
    @ParameterizedTest
    @CsvSource({"8,5", "8,8", "30,12", "30,29"})
    void what_is_lost_is_what_the_products_differ_by(int rank, int kept) {
        try (Scope _ = Scope.noGrad()) {
            Tensor b = random(OUT, rank, 3);
            Tensor a = random(rank, IN, 4);
            AdapterExport.Truncated pair = AdapterExport.truncated(a, b, kept);
            assertThat(pair.a().size(0)).isEqualTo(kept);
            assertThat(pair.b().size(1)).isEqualTo(kept);
            Tensor product = b.matmul(a);
            assertThat(squared(product) / pair.norm()).isCloseTo(1, within(1e-5));
            double lost = squared(product.sub(pair.b().matmul(pair.a())));
            assertThat(lost / pair.norm()).isCloseTo(pair.lost() / pair.norm(), within(1e-5));
            if (kept < Math.min(rank, IN)) {
                assertThat(pair.lost()).isPositive();
            }
        }
    }

    private static double squared(Tensor tensor) {
        return tensor.square().sum().item_double();
    }

    private static Tensor random(int rows, int columns, long seed) {
        Random random = new Random(seed);
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensors.of(values, rows, columns);
    }
}
