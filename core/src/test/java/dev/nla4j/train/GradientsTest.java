package dev.nla4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.format.json.Json;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// Clipping, the guard against what is not finite, accumulation and the schedule.
class GradientsTest {
    private static Parameter withGradient(String name, float... gradient) {
        Tensor zeros = Tensors.of(new float[gradient.length], gradient.length).set_requires_grad(true);
        zeros.mul(Tensors.of(gradient, gradient.length)).sum().backward();
        return new Parameter(name, zeros);
    }

    @Test
    void the_norm_is_over_all_parameters_and_clipping_keeps_the_direction() {
        try (Scope _ = Scope.open()) {
            List<Parameter> parameters = List.of(withGradient("a", 3, 0), withGradient("b", 4));
            assertThat(GradClip.clip(parameters, 1)).isCloseTo(5, within(1e-6));
            assertThat(Tensors.floats(parameters.get(0).gradient()))
                    .containsExactly(new float[] {0.6f, 0}, within(1e-6f));
            assertThat(Tensors.floats(parameters.get(1).gradient())).containsExactly(new float[] {0.8f}, within(1e-6f));
        }
    }

    @Test
    void a_small_gradient_stays_as_it_is_to_the_bit() {
        try (Scope _ = Scope.open()) {
            List<Parameter> parameters = List.of(withGradient("a", 0.1f, 0.2f));
            assertThat(GradClip.clip(parameters, 1)).isCloseTo(Math.sqrt(0.05), within(1e-6));
            assertThat(Tensors.floats(parameters.get(0).gradient())).containsExactly(0.1f, 0.2f);
        }
    }

    @Test
    void what_is_not_finite_is_reported_and_left_alone() {
        try (Scope _ = Scope.open()) {
            List<Parameter> nan = List.of(withGradient("a", 1), withGradient("b", Float.NaN));
            assertThat(GradClip.clip(nan, 0.5)).isNaN();
            assertThat(Tensors.floats(nan.get(0).gradient())).containsExactly(1);
            assertThat(GradClip.clip(List.of(withGradient("c", Float.POSITIVE_INFINITY)), 1))
                    .isInfinite();
        }
    }

    @Test
    void the_guard_skips_a_few_and_then_stops() {
        NonFiniteGuard guard = new NonFiniteGuard(2);
        assertThat(guard.admits(1, 0.5, 1)).isTrue();
        assertThat(guard.admits(2, Double.NaN, 1)).isFalse();
        assertThat(guard.admits(3, 1, Double.POSITIVE_INFINITY)).isFalse();
        assertThat(guard.admits(4, 1, 1)).isTrue();
        assertThat(guard.admits(5, 1, Double.NaN)).isFalse();
        assertThat(guard.admits(6, 1, Double.NaN)).isFalse();
        assertThatThrownBy(() -> guard.admits(7, 1, Double.NaN))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("step 7")
                .hasMessageContaining("after 2 skipped");
        assertThat(guard.skipped()).isEqualTo(5);
    }

    @Test
    void a_restored_guard_remembers_how_many_it_skipped_in_a_row() {
        NonFiniteGuard guard = new NonFiniteGuard(2);
        ObjectNode state = Json.mapper().createObjectNode().put("skipped", 7L).put("skipped_in_a_row", 2);
        guard.restore(state);
        ObjectNode again = Json.mapper().createObjectNode();
        guard.save(again);
        assertThat(again).isEqualTo(state);
        assertThatThrownBy(() -> guard.admits(9, Double.NaN, 1)).isInstanceOf(IllegalStateException.class);
        assertThat(guard.skipped()).isEqualTo(8);
    }

    @Test
    void accumulated_parts_give_the_gradient_of_the_whole_batch() {
        try (Scope _ = Scope.open()) {
            float[] x = {1, 2, 3, 4, 5, 6, 7};
            Parameter whole =
                    new Parameter("w", Tensors.of(new float[] {0.5f}, 1).set_requires_grad(true));
            Parameter parts =
                    new Parameter("w", Tensors.of(new float[] {0.5f}, 1).set_requires_grad(true));
            Tensors.times(squares(whole, Tensors.of(x, 7)), 1.0 / 7).backward();
            for (MicroBatch part : MicroBatch.split(7, 3)) {
                Tensor rows = Tensors.of(x, 7).narrow(0, part.from(), part.rows());
                Tensors.times(squares(parts, rows), 1.0 / 7).backward();
            }
            assertThat(Tensors.floats(parts.gradient()))
                    .containsExactly(Tensors.floats(whole.gradient()), within(1e-5f));
            assertThat(MicroBatch.split(7, 3).getLast()).isEqualTo(new MicroBatch(6, 7));
        }
    }

    private static Tensor squares(Parameter weight, Tensor x) {
        return weight.tensor().mul(x).square().sum();
    }

    @Test
    void the_schedule_rises_straight_and_falls_along_a_cosine() {
        Schedule schedule = new Schedule(Schedule.Shape.COSINE, 14, 4, 0.1);
        assertThat(schedule.factor(0)).isEqualTo(0.25);
        assertThat(schedule.factor(3)).isEqualTo(1);
        assertThat(schedule.factor(4)).isEqualTo(1);
        assertThat(schedule.factor(9)).isCloseTo(0.55, within(1e-12));
        assertThat(schedule.factor(13)).isGreaterThan(0.1).isLessThan(0.2);
        assertThat(schedule.factor(14)).isCloseTo(0.1, within(1e-12));
        assertThat(schedule.factor(99)).isCloseTo(0.1, within(1e-12));
        Schedule constant = new Schedule(Schedule.Shape.CONSTANT, 10, 0, 0);
        assertThat(constant.factor(0)).isEqualTo(1);
        assertThat(constant.factor(9)).isEqualTo(1);
        assertThatThrownBy(() -> new Schedule(Schedule.Shape.COSINE, 10, 11, 0))
                .hasMessage("warm-up: must be 0 to steps (10), was 11");
    }
}
