package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InjectionTest {
    private static final Injection INJECTION = new Injection(9, 1, 2, 10);

    @Test
    void a_vector_gets_the_scale_as_its_norm_and_keeps_its_direction() {
        assertThat(INJECTION.scaled(new float[] {3, -4})).containsExactly(6, -8);
    }

    @Test
    void the_zero_vector_stays_zero() {
        assertThat(INJECTION.scaled(new float[3])).containsExactly(0, 0, 0);
    }

    @Test
    void a_vector_below_the_least_norm_is_not_blown_up_to_the_scale() {
        float[] scaled = INJECTION.scaled(new float[] {1e-14f, 0});
        assertThat((double) scaled[0]).isCloseTo(0.1, within(1e-6));
    }

    @Test
    void large_numbers_do_not_overflow_on_the_way_to_the_norm() {
        assertThat(INJECTION.scaled(new float[] {3e38f, 0})).containsExactly(10, 0);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void what_is_not_finite_is_refused(float value) {
        assertThatThrownBy(() -> INJECTION.scaled(new float[] {1, value}))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("an activation holds " + value);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void a_scale_that_is_not_positive_is_refused(double scale) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Injection(9, 1, 2, scale));
    }

    @Test
    void a_slot_is_the_marker_between_both_neighbours_and_never_at_an_edge() {
        assertThat(INJECTION.slots(new int[] {9, 2, 1, 9, 2, 9, 1, 9, 1, 9, 2, 1, 9}))
                .containsExactly(3, 9);
        assertThat(INJECTION.slots(new int[] {})).isEmpty();
        assertThat(INJECTION.slots(new int[] {9})).isEmpty();
        assertThat(INJECTION.slots(new int[] {1, 9})).isEmpty();
    }

    @Test
    void each_copy_of_the_prompt_has_its_own_vector_and_the_prompt_stays() {
        try (Scope _ = Scope.noGrad()) {
            float[] before = {1, 1, 2, 2, 3, 3, 4, 4};
            Tensor embeddings = Tensors.of(before, 4, 2);
            float[][] vectors = {{3, 4}, {0, -5}, {0, 0}};
            Tensor injected = INJECTION.inject(embeddings, new int[] {5, 1, 9, 2}, vectors);
            assertThat(Tensors.floats(injected))
                    .containsExactly(1, 1, 2, 2, 6, 8, 4, 4, 1, 1, 2, 2, 0, -10, 4, 4, 1, 1, 2, 2, 0, 0, 4, 4);
            assertThat(Tensors.floats(embeddings)).isEqualTo(before);
        }
    }

    @Test
    void a_learned_map_stands_between_direction_and_scale_and_is_stored_to_the_bit(@TempDir Path folder)
            throws IOException {
        try (Scope _ = Scope.noGrad();
                AffineMap map = AffineMap.identity(2)) {
            Tensor embeddings = Tensors.of(new float[8], 4, 2);
            int[] ids = {5, 1, 9, 2};
            float[][] vectors = {{3, 4}, {0, 0}};
            float[] plain = Tensors.floats(INJECTION.inject(embeddings, ids, vectors));
            assertThat(Tensors.floats(new Injection(9, 1, 2, 10, map).inject(embeddings, ids, vectors)))
                    .as("the identity")
                    .isEqualTo(plain);
            map.weight().copy_(Tensors.of(new float[] {0, 1, -1, 2}, 2, 2));
            map.bias().copy_(Tensors.of(new float[] {0.5f, -0.25f}, 2));
            map.write(folder);
            try (AffineMap read = AffineMap.read(folder, 2)) {
                // 10 (A u + b) with u = (0.6, 0.8): A u = (0.8, 1).
                assertThat(Tensors.floats(new Injection(9, 1, 2, 10, read).inject(embeddings, ids, vectors)))
                        .containsExactly(
                                new float[] {0, 0, 0, 0, 13, 7.5f, 0, 0, 0, 0, 0, 0, 5, -2.5f, 0, 0}, within(1e-5f));
                assertThat(Tensors.floats(read.weight())).isEqualTo(Tensors.floats(map.weight()));
                assertThat(Tensors.floats(read.bias())).isEqualTo(Tensors.floats(map.bias()));
            }
        }
        assertThatThrownBy(() -> AffineMap.read(folder, 3))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("weight")
                .hasMessageContaining("must be [3, 3]");
        assertThatThrownBy(() -> AffineMap.read(folder.resolve("elsewhere"), 2))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("is missing");
    }

    @Test
    void a_prompt_without_one_slot_or_a_vector_of_another_width_is_refused() {
        try (Scope _ = Scope.noGrad()) {
            Tensor embeddings = Tensors.of(new float[8], 4, 2);
            float[][] vectors = {{1, 2}};
            for (int[] ids : new int[][] {{1, 9, 9, 2}, {2, 9, 1, 0}, {1, 2, 3, 9}}) {
                assertThatIllegalStateException()
                        .as(Arrays.toString(ids))
                        .isThrownBy(() -> INJECTION.inject(embeddings, ids, vectors))
                        .withMessageContaining("0 injection slots");
            }
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            INJECTION.inject(embeddings, new int[] {5, 1, 9, 2}, new float[][] {{1, 2}, {1, 2, 3}}))
                    .withMessageContaining("activation 1");
        }
    }
}
