package dev.nla4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class ScopeTest {
    @Test
    void what_is_not_kept_is_freed_when_the_scope_closes() {
        Tensor tensor;
        try (Scope _ = Scope.noGrad()) {
            tensor = Tensors.zeros(DType.FP32, 4);
            assertThat(tensor.isNull()).isFalse();
        }
        assertThat(tensor.isNull()).isTrue();
    }

    @Test
    void what_is_kept_lives_as_long_as_the_enclosing_scope() {
        Tensor kept;
        try (Scope _ = Scope.noGrad()) {
            try (Scope inner = Scope.noGrad()) {
                kept = inner.keep(Tensors.of(new float[] {1, 2}, 2));
            }
            assertThat(Tensors.floats(kept)).containsExactly(1, 2);
        }
        assertThat(kept.isNull()).isTrue();
    }

    @Test
    void what_the_outermost_scope_keeps_is_the_callers() {
        Tensor kept;
        try (Scope scope = Scope.noGrad()) {
            kept = scope.keep(Tensors.of(new float[] {1, 2}, 2));
        }
        assertThat(Tensors.floats(kept)).containsExactly(1, 2);
        kept.close();
        assertThat(kept.isNull()).isTrue();
    }

    @Test
    void what_is_released_outlives_every_scope_until_it_is_closed() {
        Tensor released;
        try (Scope _ = Scope.noGrad()) {
            try (Scope inner = Scope.noGrad()) {
                released = inner.release(Tensors.of(new float[] {3}, 1));
            }
        }
        assertThat(Tensors.floats(released)).containsExactly(3);
        released.close();
        assertThat(released.isNull()).isTrue();
    }

    @Test
    void a_kept_tensor_may_be_closed_before_its_scope() {
        try (Scope _ = Scope.noGrad()) {
            Tensor kept;
            try (Scope inner = Scope.noGrad()) {
                kept = inner.keep(Tensors.zeros(DType.FP32, 1));
            }
            kept.close();
            assertThat(kept.isNull()).isTrue();
        }
    }

    @Test
    void a_constant_outlives_the_scope_it_was_made_in() {
        Tensor constant;
        try (Scope _ = Scope.noGrad()) {
            constant = Scope.constant(Tensors.of(new float[] {5}, 1));
        }
        assertThat(Tensors.floats(constant)).containsExactly(5);
    }

    @Test
    void gradients_are_recorded_in_open_scopes_only() {
        try (Scope _ = Scope.open()) {
            Tensor weight = Tensors.of(new float[] {2}, 1);
            weight.set_requires_grad(true);
            assertThat(weight.mul(weight).requires_grad()).isTrue();
            try (Scope _ = Scope.noGrad()) {
                assertThat(weight.mul(weight).requires_grad()).isFalse();
            }
            assertThat(weight.mul(weight).requires_grad()).isTrue();
        }
    }
}
