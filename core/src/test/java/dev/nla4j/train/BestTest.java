package dev.nla4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.format.json.Json;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// What is the best so far, and when that has been too long ago.
class BestTest {
    /// Takes evaluations until one ends the run; how many it took.
    private static int taken(Best best, double... qualities) {
        int taken = 0;
        while (!best.stopped()) {
            best.improves(qualities[taken++]);
        }
        return taken;
    }

    @Test
    void a_run_ends_with_as_many_evaluations_in_a_row_without_a_better_one_as_patience_says() {
        assertThat(taken(new Best(1), 5, 4)).isEqualTo(2);
        assertThat(taken(new Best(3), 5, 4, 4, 4)).isEqualTo(4);
        assertThat(taken(new Best(3), 5, 4, 4, 6, 5, 5.5, 5))
                .as("a better one begins anew")
                .isEqualTo(7);
        assertThat(taken(new Best(2), 5, 5, 5)).as("as good is not better").isEqualTo(3);
    }

    @Test
    void without_patience_no_run_ends() {
        Best best = new Best(0);
        for (int i = 0; i < 1000; i++) {
            assertThat(best.improves(-i)).isEqualTo(i == 0);
        }
        assertThat(best.stopped()).isFalse();
        assertThat(best.quality()).hasValue(0);
    }

    @Test
    void a_quality_that_is_no_number_is_never_the_best() {
        Best best = new Best(2);
        assertThat(best.improves(Double.NaN)).isFalse();
        assertThat(best.quality()).isEmpty();
        assertThat(best.improves(-3)).isTrue();
        assertThat(best.improves(Double.NaN)).isFalse();
        assertThat(best.quality()).hasValue(-3);
    }

    @Test
    void what_is_restored_goes_on_where_it_was_saved() {
        Best best = new Best(3);
        best.improves(-2);
        best.improves(-4);
        best.improves(-3);
        Best restored = restored(best);
        assertThat(restored.quality()).hasValue(-2);
        assertThat(restored.stopped()).isFalse();
        assertThat(restored.improves(-2.5)).as("better than the last ones only").isFalse();
        assertThat(restored.stopped()).as("the third in a row").isTrue();
        assertThat(restored(restored).stopped()).isTrue();
        assertThat(restored(new Best(3)).quality())
                .as("before the first evaluation")
                .isEmpty();
    }

    private static Best restored(Best best) {
        ObjectNode state = Json.mapper().createObjectNode();
        best.save(state);
        Best again = new Best(3);
        again.restore(state);
        return again;
    }
}
