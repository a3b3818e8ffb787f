package dev.nla4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.AdamW.Kernel;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AdamWTest {
    private static final AdamW.Config CONFIG = new AdamW.Config(0.9, 0.95, 1e-8, 0.01);

    private static Parameter parameter(String name, float... values) {
        return new Parameter(name, Tensors.of(values, values.length).set_requires_grad(true));
    }

    /// Makes `gradient` the parameter's gradient, through a backward pass.
    private static void give(Parameter parameter, float... gradient) {
        parameter.tensor().mul(Tensors.of(gradient, gradient.length)).sum().backward();
    }

    @ParameterizedTest
    @EnumSource(Kernel.class)
    void two_steps_give_the_numbers_of_a_calculation_by_hand(Kernel kernel) {
        try (Scope _ = Scope.open()) {
            Parameter p = parameter("p", 1, -2);
            try (AdamW adamW = new AdamW(List.of(p), CONFIG, kernel)) {
                give(p, 0.5f, -1);
                adamW.step(0.1);
                // first step: m̂ / √v̂ is the gradient's sign: 1·(1 − 0.1·0.01) − 0.1 and −2·0.999 + 0.1
                assertThat(Tensors.floats(p.tensor())).containsExactly(new float[] {0.899f, -1.898f}, within(1e-6f));
                adamW.clearGradients();
                give(p, 1, 1);
                adamW.step(0.1);
                // m = 0.9·0.05 + 0.1·1 = 0.145, m̂ = 0.145/0.19; v = 0.95·0.0125 + 0.05 = 0.061875, v̂ = v/0.0975
                double first = 0.899 * 0.999 - 0.1 * (0.145 / 0.19) / Math.sqrt(0.061875 / 0.0975);
                // m = 0.9·(−0.1) + 0.1 = 0.01; v = 0.95·0.05 + 0.05 = 0.0975, v̂ = 1
                double second = -1.898 * 0.999 - 0.1 * (0.01 / 0.19);
                assertThat(Tensors.floats(p.tensor()))
                        .containsExactly(new float[] {(float) first, (float) second}, within(1e-6f));
                assertThat(adamW.steps()).isEqualTo(2);
                assertThat(adamW.state().keySet()).containsExactly("step", "p.m", "p.v");
            }
        }
    }

    @Test
    void the_fused_kernel_is_there_and_agrees_with_the_plain_one_over_many_steps_and_shapes() {
        assertThat(FusedAdamW.isPresent()).isTrue();
        float[][] fused = trained(Kernel.FUSED);
        float[][] plain = trained(Kernel.PLAIN);
        for (int i = 0; i < fused.length; i++) {
            assertThat(fused[i]).containsExactly(plain[i], within(2e-6f));
        }
    }

    private static float[][] trained(Kernel kernel) {
        Random random = new Random(7);
        try (Scope _ = Scope.open()) {
            Parameter a = parameter("a", random(random, 1000));
            Parameter b =
                    new Parameter("b", Tensors.of(random(random, 36), 4, 9).set_requires_grad(true));
            try (AdamW adamW = new AdamW(List.of(a, b), CONFIG, kernel)) {
                for (int step = 0; step < 30; step++) {
                    adamW.clearGradients();
                    give(a, random(random, 1000));
                    b.tensor().mul(Tensors.of(random(random, 36), 4, 9)).sum().backward();
                    adamW.step(1e-2);
                }
            }
            return new float[][] {Tensors.floats(a.tensor()), Tensors.floats(b.tensor())};
        }
    }

    private static float[] random(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Test
    void a_bf16_parameter_moves_by_steps_far_below_its_own_precision() {
        try (Scope _ = Scope.open()) {
            Tensor half = Tensors.of(new float[] {1}, 1).to(ScalarType.BFloat16).set_requires_grad(true);
            Parameter p = new Parameter("p", half);
            try (AdamW adamW = new AdamW(List.of(p), AdamW.Config.DEFAULT)) {
                for (int step = 0; step < 20; step++) {
                    adamW.clearGradients();
                    p.tensor().sum().backward();
                    adamW.step(1e-3);
                }
                // each step is a quarter of bf16's spacing below 1: without a master the weight would stay 1
                assertThat(Tensors.floats(adamW.state().get("p.master"))[0]).isCloseTo(0.98f, within(1e-5f));
                assertThat(Tensors.floats(p.tensor())[0]).isCloseTo(0.98f, within(0.002f));
            }
        }
    }

    @Test
    void copied_state_goes_on_to_the_bit() {
        try (Scope _ = Scope.open()) {
            Parameter whole = parameter("p", 1, 2, 3);
            Parameter resumed = parameter("p", 0, 0, 0);
            try (AdamW first = new AdamW(List.of(whole), CONFIG);
                    AdamW second = new AdamW(List.of(resumed), CONFIG)) {
                for (int step = 0; step < 3; step++) {
                    first.clearGradients();
                    give(whole, 0.3f, -0.1f * step, 2);
                    first.step(0.05);
                }
                try (Scope _ = Scope.noGrad()) {
                    resumed.tensor().copy_(whole.tensor());
                    second.state()
                            .forEach(
                                    (name, tensor) -> tensor.copy_(first.state().get(name)));
                }
                first.clearGradients();
                give(whole, 1, 1, -1);
                first.step(0.05);
                give(resumed, 1, 1, -1);
                second.step(0.05);
                assertThat(Tensors.floats(resumed.tensor())).isEqualTo(Tensors.floats(whole.tensor()));
                assertThat(second.steps()).isEqualTo(4);
            }
        }
    }

    @Test
    void a_parameter_that_the_loss_never_reached_is_named() {
        try (Scope _ = Scope.open()) {
            Parameter p = parameter("blocks.3.b", 1);
            try (AdamW adamW = new AdamW(List.of(p), CONFIG)) {
                assertThatThrownBy(() -> adamW.step(0.1))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("blocks.3.b: has no gradient");
                assertThat(adamW.steps()).isZero();
                assertThatThrownBy(() -> adamW.step(Double.NaN)).hasMessageContaining("learning rate");
            }
        }
    }

    @Test
    void parameters_are_leaves_with_names_of_their_own() {
        try (Scope _ = Scope.open()) {
            Tensor plain = Tensors.of(new float[] {1}, 1);
            assertThatThrownBy(() -> new Parameter("p", plain)).hasMessageContaining("must be a leaf");
            Parameter p = parameter("p", 1);
            assertThatThrownBy(() -> new Parameter("q", p.tensor().mul(p.tensor())))
                    .hasMessageContaining("must be a leaf");
            assertThatThrownBy(() -> new AdamW(List.of(p, p), CONFIG)).hasMessageContaining("must be unique");
            assertThatThrownBy(() -> new AdamW.Config(1, 0.9, 1e-8, 0)).hasMessageContaining("beta1: must be");
        }
    }
}
