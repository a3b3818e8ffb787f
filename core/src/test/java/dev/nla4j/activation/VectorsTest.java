package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.eval.VarianceExplained;
import java.util.List;
import org.junit.jupiter.api.Test;

class VectorsTest {
    private static final List<float[]> RIGHT_ANGLE = List.of(new float[] {5, 0}, new float[] {0, 0.1f});

    @Test
    void the_mean_direction_gives_all_vectors_the_same_weight() {
        assertThat(Vectors.meanDirection(RIGHT_ANGLE)).containsExactly(new float[] {0.5f, 0.5f}, within(1e-6f));
        assertThat(Vectors.meanDirection(List.of(new float[] {-3, 4}))).containsExactly(-0.6f, 0.8f);
    }

    @Test
    void the_mean_direction_explains_what_a_constant_prediction_can() {
        VarianceExplained variance = VarianceExplained.of(RIGHT_ANGLE);
        float[] mean = Vectors.meanDirection(RIGHT_ANGLE);
        double[] errors = VarianceExplained.errors(List.of(mean, mean), RIGHT_ANGLE);
        assertThat(variance.fve(errors)).isCloseTo(1 - variance.meannorm() / variance.rawvar(), within(1e-6));
    }
}
