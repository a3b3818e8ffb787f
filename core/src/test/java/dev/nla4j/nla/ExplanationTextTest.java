package dev.nla4j.nla;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExplanationTextTest {
    @Test
    void with_both_tags_it_is_the_stripped_text_between() {
        assertRead("Sure! <explanation>\n one\n\ntwo \n</explanation> bye", "one\n\ntwo", false);
        assertRead("<explanation></explanation>", "", false);
    }

    @Test
    void without_the_closing_tag_it_is_all_after_the_opening_one_and_truncated() {
        assertRead("<explanation>\nhalf a sen", "half a sen", true);
        assertRead("x <explanation>", "", true);
        assertRead("<explanation>a </explanatio", "a </explanatio", true);
    }

    @Test
    void without_any_tag_it_is_the_whole_text() {
        assertRead("  just words \n", "just words", false);
        assertRead("", "", false);
    }

    @Test
    void the_first_closing_tag_after_the_opening_one_ends_it() {
        assertRead("<explanation>a</explanation>b</explanation>", "a", false);
        assertRead("</explanation><explanation>a</explanation>", "a", false);
        assertRead("<explanation>a<explanation>b</explanation>", "a<explanation>b", false);
    }

    @Test
    void what_was_cut_off_before_its_closing_tag_is_truncated_and_half_an_opening_tag_is_no_text() {
        assertCut("<", "", true);
        assertCut(" <explanation", "", true);
        assertCut("<explanation>", "", true);
        assertCut("just wor", "just wor", true);
        assertCut("<explanation>a</explanation>", "a", false);
        assertCut("", "", true);
    }

    @Test
    void only_what_has_both_tags_in_order_is_tagged() {
        assertThat(ExplanationText.parse("x <explanation>a</explanation>").tagged())
                .isTrue();
        assertThat(ExplanationText.parse("<explanation>a").tagged()).isFalse();
        assertThat(ExplanationText.parse("a</explanation>").tagged()).isFalse();
        assertThat(ExplanationText.parse("</explanation><explanation>a").tagged())
                .isFalse();
        assertThat(ExplanationText.parse("a").tagged()).isFalse();
    }

    private static void assertCut(String completion, String description, boolean truncated) {
        assertIs(ExplanationText.parse(completion, true), description, truncated);
    }

    private static void assertRead(String completion, String description, boolean truncated) {
        assertIs(ExplanationText.parse(completion), description, truncated);
    }

    private static void assertIs(ExplanationText read, String description, boolean truncated) {
        assertThat(read.description()).isEqualTo(description);
        assertThat(read.truncated()).isEqualTo(truncated);
    }
}
