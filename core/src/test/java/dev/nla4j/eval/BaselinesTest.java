package dev.nla4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BaselinesTest {
    private static final List<float[]> TRAINING =
            List.of(new float[] {10, 0}, new float[] {0, 1}, new float[] {3, 3}, new float[] {0, 8});

    @Test
    void the_nearest_is_the_one_that_points_most_alike_however_long_it_is() {
        List<float[]> found = Baselines.nearest(TRAINING, List.of(new float[] {0.1f, 0.09f}, new float[] {0, -1}));
        assertThat(found.get(0)).isSameAs(TRAINING.get(2));
        assertThat(found.get(1))
                .as("at a right angle, when all others point away")
                .isSameAs(TRAINING.get(0));
    }

    @Test
    void activations_of_one_key_count_alike_and_a_key_that_is_new_gets_the_mean_of_all() {
        List<float[]> told = Baselines.byKey(List.of(1, 2, 1, 2), TRAINING, List.of(2, 1, 3));
        assertThat(told.get(0)).containsExactly(0, 1);
        assertThat(told.get(1)[0]).isGreaterThan(told.get(1)[1]).isLessThan(1);
        float half = (float) (1 / Math.sqrt(2) / 4);
        assertThat(told.get(2)).containsExactly(0.25f + half, 0.25f + half + 0.25f);
    }
}
