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
        assertThat(Positions.parse(null).in(1)).containsExactly(0);
        assertThat(Positions.parse(null).in(64)).hasSize(64);
        assertThat(Positions.parse(null).in(65)).hasSize(33).startsWith(0, 2).endsWith(64);
        assertThat(Positions.parse(null).in(129))
                .isEqualTo(Positions.parse("every:3").in(129));
    }

    @Test
    void words_and_steps_name_positions() {
        assertThat(Positions.parse("last").in(7)).containsExactly(6);
        assertThat(Positions.parse("all").in(3)).containsExactly(0, 1, 2);
        assertThat(Positions.parse("every:3").in(7)).containsExactly(0, 3, 6);
        assertThat(Positions.parse("every:2147483647").in(7)).containsExactly(0);
    }

    @Test
    void lists_count_from_the_end_below_zero_and_come_back_ascending_and_once() {
        assertThat(Positions.parse("-1, 0,3,6,-7").in(7)).isEqualTo(List.of(0, 3, 6));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "1,",
                "first",
                "every:0",
                "every:-1",
                "every:",
                "every:x",
                "1.5",
                "9999999999",
                "every:9999999999"
            })
    void what_names_no_position_of_any_text_is_wrong_usage_and_shows_what_is_allowed(String at) {
        assertThatThrownBy(() -> Positions.parse(at))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--at: \"" + at + "\"")
                .hasMessageContaining("every:N with N from 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "-8", "0,999", "2147483647", "-2147483648"})
    void a_position_beyond_the_text_is_wrong_usage_and_says_where_the_text_ends(String at) {
        Positions positions = Positions.parse(at);
        assertThatThrownBy(() -> positions.in(7))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("which has 7 tokens: 0 to 6, or -7 to -1");
    }

    @Test
    void one_position_is_last_or_a_number() {
        assertThat(Positions.one("last").orElseThrow().in(4)).containsExactly(3);
        assertThat(Positions.one(" -2").orElseThrow().in(4)).containsExactly(2);
        assertThat(Positions.one("all")).isEmpty();
        assertThat(Positions.one("99999999999")).isEmpty();
    }

    @Test
    void a_text_without_tokens_has_no_position() {
        assertThatThrownBy(() -> Positions.parse("all").in(0))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("empty");
    }
}
