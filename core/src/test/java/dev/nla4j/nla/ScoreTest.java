package dev.nla4j.nla;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.Vectors;
import dev.nla4j.format.InputException;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScoreTest {
    @Test
    void directions_alone_count() {
        assertThat(Score.of(new float[] {2, 0}, new float[] {7, 0}).cosine()).isEqualTo(1);
        assertThat(Score.of(new float[] {2, 0}, new float[] {-1, 0}).mse()).isEqualTo(4);
        assertThat(Score.of(new float[] {2, 0}, new float[] {0, 3}).mse()).isEqualTo(2);
        assertThat(Score.of(new float[] {1, 1}, new float[] {1, 0}).cosine()).isCloseTo(Math.sqrt(0.5), within(1e-12));
    }

    @Test
    void a_zero_vector_points_nowhere() {
        assertThat(Score.of(new float[2], new float[] {1, 0}).cosine()).isZero();
        assertThat(Score.of(new float[] {1, 0}, new float[2]).cosine()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void mse_is_the_mean_square_between_both_at_norm_root_of_d(long seed) {
        Random random = new Random(seed);
        int d = 5 + random.nextInt(60);
        float[] a = new float[d];
        float[] b = new float[d];
        for (int i = 0; i < d; i++) {
            a[i] = (float) random.nextGaussian() * 300;
            b[i] = a[i] / 2 + (float) random.nextGaussian() * 100;
        }
        double sum = 0;
        for (int i = 0; i < d; i++) {
            double difference = Math.sqrt(d) * (a[i] / Vectors.norm(a) - b[i] / Vectors.norm(b));
            sum += difference * difference;
        }
        assertThat(Score.of(a, b).mse()).isCloseTo(sum / d, within(1e-9));
    }

    @Test
    void fve_needs_a_denominator() {
        Score score = new Score(0.75);
        assertThat(score.fve(OptionalDouble.empty())).isEmpty();
        assertThat(score.fve(OptionalDouble.of(0.25))).hasValue(-1);
        assertThat(new Score(1).fve(OptionalDouble.of(0.25))).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void what_is_not_finite_is_bad_input_and_says_which_vector(float value) {
        assertThatThrownBy(() -> Score.of(new float[] {1, value}, new float[] {1, 0}))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("a reconstruction holds");
        assertThatThrownBy(() -> Score.of(new float[] {1, 0}, new float[] {value, 0}))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("an activation holds");
    }

    @Test
    void a_denominator_is_a_number_of_a_size_that_variances_have() {
        for (double rawvar : new double[] {1e-6, 0.03, 0.73, 1, 4}) {
            assertThat(Score.isRawvar(rawvar)).isTrue();
        }
        for (double rawvar : new double[] {0, -1, 1e-7, Double.MIN_VALUE, 4.1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThat(Score.isRawvar(rawvar)).isFalse();
        }
    }

    @Test
    void vectors_of_other_lengths_and_impossible_cosines_are_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Score.of(new float[2], new float[3]));
        assertThatIllegalArgumentException().isThrownBy(() -> new Score(1.1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Score(Double.NaN));
    }
}
