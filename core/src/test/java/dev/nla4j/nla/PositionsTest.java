package dev.nla4j.nla;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.InputException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PositionsTest {
    @Test
    void silence_means_all_up_to_64_tokens_and_every_nth_beyond() {
        assertThat(Explainer.positions(null, 1)).containsExactly(0);
        assertThat(Explainer.positions(null, 64)).hasSize(64);
        assertThat(Explainer.positions(null, 65)).hasSize(33).startsWith(0, 2).endsWith(64);
        assertThat(Explainer.positions(null, 129)).isEqualTo(Explainer.positions("every:3", 129));
    }

    @Test
    void words_and_steps_name_positions() {
        assertThat(Explainer.positions("last", 7)).containsExactly(6);
        assertThat(Explainer.positions("all", 3)).containsExactly(0, 1, 2);
        assertThat(Explainer.positions("every:3", 7)).containsExactly(0, 3, 6);
        assertThat(Explainer.positions("every:2147483647", 7)).containsExactly(0);
    }

    @Test
    void lists_count_from_the_end_below_zero_and_come_back_ascending_and_once() {
        assertThat(Explainer.positions("-1, 0,3,6,-7", 7)).isEqualTo(List.of(0, 3, 6));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "1,",
                "7",
                "-8",
                "first",
                "every:0",
                "every:-1",
                "every:",
                "every:x",
                "1.5",
                "9999999999"
            })
    void what_names_no_position_is_refused_and_shows_what_would(String at) {
        assertThatThrownBy(() -> Explainer.positions(at, 7))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("at: \"" + at + "\"")
                .hasMessageContaining("every:N");
    }

    @Test
    void a_text_without_tokens_has_no_position() {
        assertThatThrownBy(() -> Explainer.positions("all", 0))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("empty");
    }
}
