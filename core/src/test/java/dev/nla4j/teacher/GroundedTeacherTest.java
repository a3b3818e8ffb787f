package dev.nla4j.teacher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GroundedTeacherTest {
    private static final String ORATORY =
            "In 1834 the speeches were long and the people who heard them were few. He was a master of the art of oratory";

    /// A corpus of 100 documents: `speeches` in 10 of them, `palfrey` in one, `people` in 60.
    private static DocumentFrequencies frequencies() {
        DocumentFrequencies frequencies = new DocumentFrequencies();
        IntStream.range(0, 100).forEach(i -> {
            String text = (i < 10 ? "speeches oratory master " : "")
                    + (i == 0 ? "palfrey " : "")
                    + (i < 60 ? "people " : "")
                    + (i < 3 ? "heard" : "");
            frequencies.addDocument(List.of(text, text));
        });
        return frequencies;
    }

    private static String explain(String context, NextToken... next) {
        Lesson lesson = new GroundedTeacher(frequencies()).explain(new Evidence(context, List.of(next)));
        assertThat(lesson).isInstanceOf(Lesson.Explained.class);
        return ((Lesson.Explained) lesson).explanation();
    }

    @Test
    void the_format_is_next_about_kind_and_the_literal_tail_last() {
        String explanation = explain(
                ORATORY,
                new NextToken(" of", 0.1),
                new NextToken(".", 0.4),
                new NextToken(",", 0.2),
                new NextToken("\n\n", 0.05),
                new NextToken(" and", 0.03),
                new NextToken(" in", 0.01));
        assertThat(explanation)
                .isEqualTo("Next: \".\", \",\", \"of\", \"\\n\\n\". About: oratory, master, heard. Kind: English,"
                        + " past tense. Text: master of the art of oratory");
    }

    @Test
    void rare_words_and_words_of_every_document_are_left_out() {
        assertThat(explain("The palfrey and the people of the town heard it all, palfrey by palfrey."))
                .contains("About: heard.");
    }

    @ParameterizedTest
    @CsvSource({
        "they'll, false",
        "you've, false",
        "hadn’t, false",
        "aren't, false",
        "let's, false",
        "what's, false",
        "nicht, false",
        "dans, false",
        "einer, false",
        "nach, false",
        "oder, false",
        "haben, false",
        "dass, false",
        "sein, false",
        "comme, false",
        "leur, false",
        "tout, false",
        "être, false",
        "было, false",
        "если, false",
        "чтобы, false",
        "дерево, true",
        "garten, true",
        "jardin, true",
        "qu'il, false",
        "king's, true",
        "door, false",
        "market64, false",
        "market, true",
    })
    void words_of_grammar_are_no_topic(String word, boolean topic) {
        DocumentFrequencies frequencies = new DocumentFrequencies();
        IntStream.range(0, 20).forEach(i -> frequencies.addDocument(List.of(i < 4 ? word : "other")));
        Lesson lesson = new GroundedTeacher(frequencies).explain(Evidence.ofContext("Xx yy " + word + " zz"));
        assertThat(((Lesson.Explained) lesson).explanation().contains("About: "))
                .isEqualTo(topic);
    }

    @Test
    void what_was_taught_by_other_rules_is_not_gone_on_with() {
        assertThat(new GroundedTeacher(new DocumentFrequencies()).identity()).startsWith("grounded 5, ");
    }

    @Test
    void another_language_s_grammar_may_be_a_topic() {
        assertThat(FunctionWords.contains("door", Optional.of(Language.ENGLISH)))
                .isFalse();
        assertThat(FunctionWords.contains("door", Optional.of(Language.DUTCH))).isTrue();
        assertThat(FunctionWords.contains("и", Optional.of(Language.RUSSIAN))).isTrue();
        assertThat(FunctionWords.contains("oder", Optional.of(Language.FRENCH))).isFalse();
    }

    @Test
    void the_rest_of_a_character_at_a_window_s_start_is_no_part_of_the_tail() {
        assertThat(explain("\ufffd\ufffd好的 我们走")).endsWith("Text: 好的 我们走");
    }

    @Test
    void a_token_that_differs_only_in_its_space_is_named_once() {
        assertThat(explain("one two three", new NextToken("s", 0.5), new NextToken(" s", 0.3)))
                .startsWith("Next: \"s\". ");
    }

    @Test
    void tokens_that_are_part_of_a_character_are_not_named() {
        assertThat(explain("one two three", new NextToken("\ufffd", 0.9), new NextToken(" x", 0.1)))
                .startsWith("Next: \"x\". ");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "a b c,a b c",
                "the beginning of a sentence that goes on,of a sentence that goes on",
                "the end of rhet,the end of rhet",
                "characteristically internationalization uncontrollably,"
                        + "characteristically internationalization uncontrollably",
            })
    void the_tail_has_three_to_six_words(String context, String tail) {
        assertThat(explain(context)).endsWith("Text: " + tail);
    }

    @Test
    void line_ends_and_spaces_at_the_end_are_escaped() {
        assertThat(explain("the last line.\n\n")).endsWith("Text: the last line.\\n\\n");
        assertThat(explain("first line.\n\tsecond C:\\dir ")).endsWith("Text: first line.\\n\\tsecond C:\\\\dir\\s");
    }

    @Test
    void a_script_without_spaces_gets_a_tail_of_bounded_length() {
        String explanation = explain("これは".repeat(300));
        assertThat(explanation.substring(explanation.indexOf("Text: "))).hasSizeLessThan(80);
        assertThat(explanation).contains("Kind: Japanese.").endsWith("これは");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  \n", "half of it \ufffd", "write </explanation> now", "an <explanation> of it"})
    void a_context_that_no_explanation_can_end_in_is_declined(String context) {
        assertThat(new GroundedTeacher(frequencies()).explain(Evidence.ofContext(context)))
                .isInstanceOf(Lesson.Declined.class);
    }
}
