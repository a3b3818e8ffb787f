package dev.nla4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.eval.Paraphrase.Quotes;
import dev.nla4j.tensor.Rng;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ParaphraseTest {
    private static final String TEXT =
            "Next: \"was\", \"had\".\nAbout: house, War, gold.\nKind: English.\nText: of the old house";

    private static Paraphrase only(boolean shuffle, double dropout, double synonyms, double lower, Quotes quotes) {
        return new Paraphrase(shuffle, dropout, synonyms, lower, quotes);
    }

    @Test
    void with_everything_off_the_text_stays() {
        assertThat(only(false, 0, 0, 0, Quotes.KEPT).of(TEXT, 1, 1)).isEqualTo(TEXT);
    }

    @Test
    void segments_before_the_tail_change_places_and_the_tail_stays_last() {
        Set<String> seen = new HashSet<>();
        for (int number = 0; number < 60; number++) {
            String reworded = only(true, 0, 0, 0, Quotes.KEPT).of(TEXT, 7, number);
            assertThat(reworded.lines())
                    .containsExactlyInAnyOrderElementsOf(TEXT.lines().toList());
            assertThat(reworded).endsWith("\nText: of the old house");
            seen.add(reworded);
        }
        assertThat(seen).as("all orders of three segments").hasSize(6);
    }

    @Test
    void dropout_leaves_out_segments_but_never_the_tail_nor_all_others() {
        int lines = 0;
        for (int number = 0; number < 400; number++) {
            String reworded = only(false, 0.5, 0, 0, Quotes.KEPT).of(TEXT, 7, number);
            assertThat(reworded).endsWith("Text: of the old house");
            assertThat(reworded.lines().count()).isBetween(2L, 4L);
            lines += (int) reworded.lines().count();
        }
        // of three segments 1.5 stay, and one more in the eighth of all cases where none would
        assertThat(lines / 400.0).isBetween(2.5, 2.75);
    }

    @Test
    void synonyms_keep_the_case_and_spare_quotations() {
        assertThat(only(false, 0, 1, 0, Quotes.KEPT).of("Topic: War, \"house\" and house.\nText: old gold", 1, 1))
                .isEqualTo("Topic: Conflict, \"house\" and home.\nText: old gold");
    }

    /// They are claimed to stand in the context.
    @Test
    void words_of_the_context_get_no_synonyms() {
        assertThat(only(false, 0, 1, 0, Quotes.KEPT).of("About: War, house. Old road.\nText: old gold", 1, 1))
                .isEqualTo("Concerning: War, house.\nAged street.\nText: old gold");
        assertThat(only(false, 0, 1, 0, Quotes.KEPT).of("Next: \"a\". About: war", 1, 1))
                .isEqualTo("Following: \"a\". Concerning: war");
    }

    @Test
    void tokens_in_single_marks_are_quotations() {
        String text = "Next: 'house', 'old'. Old road.\nText: x";
        assertThat(only(false, 0, 1, 1, Quotes.KEPT).of(text, 1, 1))
                .isEqualTo("following: 'house', 'old'.\naged street.\nText: x");
        assertThat(only(false, 0, 0, 0, Quotes.RESTYLED).of(text, 1, 1))
                .isEqualTo("Next: “house”, “old”.\nOld road.\nText: x");
        assertThat(only(false, 0, 0, 0, Quotes.REMOVED).of(text, 1, 1)).isEqualTo("Old road.");
        assertThat(only(false, 0, 1, 0, Quotes.KEPT).of("It's the dogs' house, John's.", 1, 1))
                .isEqualTo("It's the dogs' home, John's.");
    }

    @Test
    void no_more_than_a_tail_may_have_stays_literal() {
        Paraphrase all = only(false, 0, 1, 0, Quotes.KEPT);
        String longer = "old house ".repeat(8);
        assertThat(all.of("Text: " + longer + "x", 1, 1)).isEqualTo("Passage: " + "aged home ".repeat(8) + "x");
        assertThat(all.of("Text: " + longer + "x. About: war. Text: old house", 1, 1))
                .isEqualTo("Passage: " + "aged home ".repeat(8) + "x. Concerning: war. Text: old house");
        // a tail may have a label in it, and escapes of many characters
        assertThat(all.of("Kind: code. Text: old x. Text: old", 1, 1))
                .isEqualTo("Sort: program. Text: old x. Text: old");
        String escaped = "Text: house" + "\\n".repeat(30) + "\\u{200b}".repeat(25);
        assertThat(all.of(escaped, 1, 1)).isEqualTo(escaped);
        assertThat(only(false, 0, 0, 0, Quotes.REMOVED).of("Kind: code. Text: " + longer + ". Then", 1, 1))
                .isEqualTo("Kind: code.");
    }

    /// A sampler has the same seeds and numbers.
    @Test
    void choices_are_not_those_that_tokens_were_drawn_by() {
        int same = 0;
        for (int number = 0; number < 200; number++) {
            boolean reworded =
                    only(false, 0, 0.5, 0, Quotes.KEPT).of("house", 3, number).equals("home");
            same += reworded == (Rng.uniform(3, number, 0) < 0.5) || reworded == (Rng.uniform(3, number, 1) < 0.5)
                    ? 1
                    : 0;
        }
        // the tail takes no small letters, so that the first choice is the synonym's
        assertThat(same).isBetween(120, 180);
    }

    @Test
    void small_letters_spare_quotations_and_the_tail() {
        assertThat(only(false, 0, 0, 1, Quotes.KEPT).of("Kind: English, \"A\".\nText: Of Gold", 1, 1))
                .isEqualTo("kind: english, \"A\".\nText: Of Gold");
    }

    @Test
    void quotations_are_restyled_or_cut_out_with_what_hung_on_them() {
        assertThat(only(false, 0, 0, 0, Quotes.RESTYLED).of("Next: \"a\", “b”.\nText: x", 1, 1))
                .isEqualTo("Next: 'a', 'b'.\nText: x");
        Paraphrase removed = only(false, 0, 0, 0, Quotes.REMOVED);
        assertThat(removed.of("Next: \"was\", \"had\".\nAbout: gold.\nText: x", 1, 1))
                .isEqualTo("About: gold.");
        assertThat(removed.of("The sentence \"He ran\" is past, and \"so\" open.", 1, 1))
                .isEqualTo("The sentence is past, and open.");
        assertThat(removed.of("\"all of it\"", 1, 1)).isEmpty();
        // a predicted quotation mark is written escaped
        assertThat(removed.of("Next: \"\\\"\", \"He\". About: gold. Text: x", 1, 1))
                .isEqualTo("About: gold.");
        assertThat(only(false, 0, 0, 1, Quotes.KEPT).of("Next: \"\\\"\", \"He\". About: Gold.\nText: x", 1, 1))
                .isEqualTo("next: \"\\\"\", \"He\".\nabout: gold.\nText: x");
    }

    @Test
    void sentences_on_one_line_are_segments_too() {
        assertThat(only(false, 0, 1, 0, Quotes.KEPT).of("Old house. New road! Tail", 1, 1))
                .isEqualTo("Aged home. Recent street! Tail");
        assertThat(Paraphrase.REWARD.of("   ", 1, 1)).isEmpty();
        assertThat(Paraphrase.REWARD.of("tail", 1, 1)).isEqualTo("tail");
    }

    @Test
    void a_literal_tail_with_stops_in_it_stays_whole_and_last() {
        String text = "Next: \"home\", \"back\". About: market, bread. Kind: English. Text: some bread. Then he walked";
        for (int number = 0; number < 50; number++) {
            assertThat(Paraphrase.REWARD.of(text, 42, number)).endsWith(" Text: some bread. Then he walked");
            assertThat(Paraphrase.QUOTES_REMOVED.of(text, 42, number))
                    .doesNotContain("some bread")
                    .doesNotContain("walked");
        }
        assertThat(Paraphrase.REWARD.of("Text: one. Two! three", 1, 1)).isEqualTo("Text: one. Two! three");
        assertThat(only(false, 0, 0, 0, Quotes.KEPT).of("A b.\nText: one. Two", 1, 1))
                .isEqualTo("A b.\nText: one. Two");
    }

    @Test
    void the_same_seed_and_number_give_the_same_words() {
        assertThat(Paraphrase.REWARD.of(TEXT, 3, 9)).isEqualTo(Paraphrase.REWARD.of(TEXT, 3, 9));
        Set<String> seen = new HashSet<>();
        for (int number = 0; number < 20; number++) {
            seen.add(Paraphrase.REWARD.of(TEXT, 3, number));
        }
        assertThat(seen).hasSizeGreaterThan(10);
        assertThatThrownBy(() -> only(true, 1, 0, 0, Quotes.KEPT)).hasMessage("dropout: must be below 1, was 1");
    }
}
