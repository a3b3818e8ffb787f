package dev.nla4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
    private static final List<String> KNOWN = List.of("seed", "steps", "group-size", "max-new-tokens");

    @ParameterizedTest
    @CsvSource({
        "groupsize, group-size",
        "gruop-siez, group-size",
        "step, steps",
        "sede, seed",
        "max-tokens, max-new-tokens",
        "sxed, seed",
        "max-new, max-new-tokens"
    })
    void a_slip_finds_the_name_that_was_meant(String typed, String meant) {
        assertThat(NearestName.of(typed, KNOWN)).hasValue(meant);
    }

    @Test
    void another_name_finds_nothing() {
        assertThat(NearestName.of("learning-rate", KNOWN)).isEmpty();
        assertThat(NearestName.of("", KNOWN)).isEmpty();
        assertThat(NearestName.of("seed", List.of())).isEmpty();
    }

    @Test
    void of_two_that_are_as_near_it_is_the_first_by_letters() {
        assertThat(NearestName.of("cat", List.of("rat", "bat"))).hasValue("bat");
    }
}
