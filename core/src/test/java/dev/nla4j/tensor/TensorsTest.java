package dev.nla4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TensorsTest {
    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.noGrad();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void arrays_go_in_and_come_back_row_by_row() {
        float[][] rows = {{1, 2, 3}, {4, 5, 6}};
        assertThat(Tensors.rows(Tensors.ofRows(rows))).isDeepEqualTo(rows);
        assertThat(Tensors.floats(Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3)))
                .containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(Tensors.longs(Tensors.ids(new int[][] {{1, 2}, {3, 4}}))).containsExactly(1, 2, 3, 4);
        assertThat(Tensors.rows(Tensors.ofRows(new float[0][]))).isEmpty();
    }

    @Test
    void views_and_bf16_are_read_as_what_they_hold() {
        Tensor tensor = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        assertThat(Tensors.floats(tensor.transpose(0, 1))).containsExactly(1, 4, 2, 5, 3, 6);
        assertThat(Tensors.floats(tensor.narrow(1, 1, 1))).containsExactly(2, 5);
        assertThat(Tensors.floats(Tensors.of(new float[] {1.00390625f}, 1).to(DType.BF16.scalarType())))
                .containsExactly(1);
    }

    @Test
    void a_view_with_gaps_has_no_memory() {
        Tensor tensor = Tensors.of(new float[] {1, 2, 3, 4}, 2, 2);
        assertThatIllegalArgumentException().isThrownBy(() -> Tensors.memory(tensor.transpose(0, 1)));
        assertThat(Tensors.memory(tensor).byteSize()).isEqualTo(16);
    }

    @Test
    void uneven_rows_and_counts_that_do_not_fill_the_shape_are_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Tensors.ofRows(new float[][] {{1}, {1, 2}}));
        assertThatIllegalArgumentException().isThrownBy(() -> Tensors.ids(new int[][] {{1, 2}, {1}}));
        assertThatIllegalArgumentException().isThrownBy(() -> Tensors.of(new float[3], 2, 2));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Shapes.require(Tensors.of(new float[4], 2, 2), "x", 2, 3))
                .withMessageContaining("x: must have shape [2, 3]")
                .withMessageContaining("[2, 2]");
        Shapes.require(Tensors.of(new float[4], 2, 2), "x", -1, 2);
    }
}
