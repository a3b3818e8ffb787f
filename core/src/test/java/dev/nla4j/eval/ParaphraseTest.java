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
        return new Paraphrase(shuffle, false, dropout, synonyms, lower, quotes);
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
                .isIn(
                        "Next: “house”, “old”.\nOld road.\nText: x",
                        "Next: 'house', 'old'.\nOld road.\nText: x",
                        "Next: \"house\", \"old\".\nOld road.\nText: x");
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
    void quotations_are_cut_out_with_what_hung_on_them() {
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

    /// Marks that the writer chose would be a code.
    @Test
    void quotations_get_marks_of_one_kind_whichever_theirs_were() {
        Paraphrase restyled = only(false, 0, 0, 0, Quotes.RESTYLED);
        Set<String> seen = new HashSet<>();
        for (int number = 0; number < 40; number++) {
            String reworded = restyled.of("Next: \"a\", “b”, 'c'.\nText: x", 1, number);
            assertThat(restyled.of("Next: 'a', \"b\", “c”.\nText: x", 1, number))
                    .isEqualTo(reworded);
            seen.add(reworded);
        }
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        "Next: \"a\", \"b\", \"c\".\nText: x",
                        "Next: 'a', 'b', 'c'.\nText: x",
                        "Next: “a”, “b”, “c”.\nText: x");
    }

    @Test
    void what_no_reader_sees_is_gone_outside_of_quotations() {
        Paraphrase none = only(false, 0, 0, 0, Quotes.KEPT);
        assertThat(none.of("About:  church,   door.", 1, 1)).isEqualTo("About: church, door.");
        assertThat(none.of("A\u200bbout:\u00a0church, \u2060 do\ufe0for. \u200bKind:\tcode.\nText: a", 1, 1))
                .isEqualTo("About: church, door.\nKind: code.\nText: a");
        String kept = "Next: \"a  b\", \"\u200b\".\nText: a\u200b  b";
        assertThat(none.of(kept, 1, 1)).isEqualTo(kept);
    }

    @Test
    void items_stand_once_and_say_nothing_by_their_order_but_for_that_of_next_tokens() {
        Paraphrase items = new Paraphrase(false, true, 0, 0, 0, Quotes.KEPT);
        String text = "Next: \"b, c\", \"a\", 'a', \"A\".\nAbout: door, church, Door; gold.\nText: x";
        Set<String> seen = new HashSet<>();
        for (int number = 0; number < 60; number++) {
            String reworded = items.of(text, 1, number);
            assertThat(reworded)
                    .startsWith("Next: \"b, c\", \"a\", \"A\".\nAbout: ")
                    .endsWith(".\nText: x");
            seen.add(reworded.lines().toList().get(1));
        }
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        "About: door, church, gold.",
                        "About: door, gold, church.",
                        "About: church, door, gold.",
                        "About: church, gold, door.",
                        "About: gold, door, church.",
                        "About: gold, church, door.");
        assertThat(items.of("He spoke, and he spoke, of a door.", 1, 1))
                .isEqualTo("He spoke, and he spoke, of a door.");
    }

    @Test
    void a_text_with_a_code_and_one_without_are_reworded_alike() {
        String plain = "Next: \"a\", \"b\". About: church, door. Text: x y";
        String coded = "Next:  \"a\",'b',  'a' . Ab\u200bout:  church,   door , Church.\u2060 Text: x y";
        for (int number = 0; number < 20; number++) {
            assertThat(Paraphrase.REWARD.of(coded, 1, number)).isEqualTo(Paraphrase.REWARD.of(plain, 1, number));
        }
    }

    @Test
    void names_and_compounds_get_no_synonyms() {
        Paraphrase all = only(false, 0, 1, 0, Quotes.KEPT);
        for (String name : Set.of(
                "New York", "World War II", "White House", "Wall Street", "her mother-in-law", "the law's end's")) {
            assertThat(all.of(name, 1, 1)).isEqualTo(name);
            assertThat(all.of("He knew " + name + ", and", 1, 1)).isEqualTo("He knew " + name + ", and");
        }
        assertThat(all.of("New houses: War and the old law", 1, 1))
                .isEqualTo("Recent houses: Conflict and the aged statute");
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

    @Test
    void a_number_is_one_item() {
        for (int number = 0; number < 8; number++) {
            assertThat(Paraphrase.QUOTES_KEPT.of("About: 1,000 men, war. Text: x", 3, number))
                    .contains("1,000 men");
        }
    }

    /// Also behind a quotation without a stop.
    @Test
    void a_literal_tail_stays_behind_a_quotation() {
        for (int number = 0; number < 8; number++) {
            assertThat(Paraphrase.REWARD.of("Next: \"was\" Text: of the old house", 3, number))
                    .endsWith("Text: of the old house");
        }
    }
}
