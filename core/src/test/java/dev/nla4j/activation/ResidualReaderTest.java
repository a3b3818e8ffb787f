package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.format.InputException;
import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.TinyModels;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ResidualReaderTest {
    private Scope scope;
    private Decoder target;

    @BeforeEach
    void open() {
        scope = Scope.noGrad();
        target = TinyModels.decoder(TinyModels.llama(0, 3, 0), 1);
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void activations_are_the_stream_after_the_layers_own_block_at_the_chosen_tokens() {
        List<int[]> rows = List.of(TinyModels.ids(2, 9), TinyModels.ids(3, 4), TinyModels.ids(4, 1));
        List<int[]> positions = List.of(new int[] {8, 0, 3}, new int[] {}, new int[] {0});
        float[][] read = new ResidualReader(target, 1).read(rows, positions);
        assertThat(read).hasNumberOfRows(4);
        float[][] first = residual(rows.get(0), 2);
        assertClose(read[0], first[8]);
        assertClose(read[1], first[0]);
        assertClose(read[2], first[3]);
        assertClose(read[3], residual(rows.get(2), 2)[0]);
    }

    /// The longest text of a batch must not decide how the positions of the others turn.
    @Test
    void texts_whose_positions_turn_otherwise_are_read_apart() {
        Decoder longRope = TinyModels.decoder(TinyModels.longRope(6), 1);
        List<int[]> rows =
                List.of(TinyModels.ids(2, 9), TinyModels.ids(3, 5), TinyModels.ids(4, 7), TinyModels.ids(5, 6));
        List<int[]> positions = List.of(new int[] {8, 0}, new int[] {1, 4}, new int[] {}, new int[] {5});
        ResidualReader reader = new ResidualReader(longRope, 1);
        float[][] together = reader.read(rows, positions);
        assertThat(together).hasNumberOfRows(5);
        int next = 0;
        for (int row = 0; row < rows.size(); row++) {
            for (float[] alone : reader.read(List.of(rows.get(row)), List.of(positions.get(row)))) {
                assertClose(together[next++], alone);
            }
        }
        float[] plain = new ResidualReader(TinyModels.decoder(TinyModels.llama(0, 0), 1), 1)
                .read(List.of(rows.get(1)), List.of(new int[] {4}))[0];
        assertClose(together[3], plain);
    }

    /// What a token's activation is must not follow from which others were chosen.
    @Test
    void a_window_whose_positions_turn_by_its_length_is_needed_whole() {
        ResidualReader longRope = new ResidualReader(TinyModels.decoder(TinyModels.longRope(6), 1), 1);
        assertThat(longRope.needed(4, 6)).isEqualTo(4);
        assertThat(longRope.needed(4, 7)).isEqualTo(7);
        assertThat(longRope.needed(7, 9)).isEqualTo(7);
        assertThat(new ResidualReader(target, 1).needed(4, 9)).isEqualTo(4);
    }

    @Test
    void no_positions_give_no_activations() {
        float[][] read = new ResidualReader(target, 1).read(List.of(new int[] {1, 2}), List.of(new int[] {}));
        assertThat(read).isEmpty();
    }

    @Test
    void a_position_in_the_padding_is_refused() {
        ResidualReader reader = new ResidualReader(target, 0);
        List<int[]> rows = List.of(new int[] {1, 2, 3}, new int[] {4});
        assertThatThrownBy(() -> reader.read(rows, List.of(new int[] {0}, new int[] {1})))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("0 to 0");
        assertThatThrownBy(() -> reader.read(rows, List.of(new int[] {-1}, new int[] {})))
                .isInstanceOf(InputException.class);
    }

    @Test
    void a_layer_the_model_has_not_is_refused() {
        for (int layer : new int[] {-1, 3}) {
            assertThatThrownBy(() -> new ResidualReader(target, layer))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("0 to 2");
        }
    }

    private float[][] residual(int[] ids, int depth) {
        return Tensors.rows(target.residual(
                        target.embed(Tensors.ids(new int[][] {ids})), depth, Context.none(), (at, residual) -> {})
                .select(0, 0));
    }

    private static void assertClose(float[] ours, float[] expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) ours[i]).isCloseTo(expected[i], within(1e-5));
        }
    }
}
