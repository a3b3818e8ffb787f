package dev.nla4j.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.teacher.Claim.Segment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GroundedCheckerTest {
    private static final String CONTEXT =
            "He was a master of long speeches and the people were tired of the art of oratory";
    private static final Evidence EVIDENCE = new Evidence(
            CONTEXT,
            List.of(
                    new NextToken(".", 0.5),
                    new NextToken(" and", 0.2),
                    new NextToken("\n", 0.1),
                    new NextToken(" in", 0.004),
                    new NextToken(" to", 0.003),
                    new NextToken(" for", 0.002),
                    new NextToken(" on", 0.001)));

    private static CheckedClaims check(String explanation) {
        return new GroundedChecker().check(explanation, EVIDENCE);
    }

    /// Each claim with `yes`, `no` or `open`.
    private static List<String> verdicts(String explanation) {
        return check(explanation).claims().stream()
                .map(claim -> claim.text()
                        + switch (claim.verdict()) {
                            case SUPPORTED -> "=yes";
                            case UNSUPPORTED -> "=no";
                            case UNVERIFIABLE -> "=open";
                        })
                .toList();
    }

    @Test
    void what_the_teacher_writes_is_true() {
        DocumentFrequencies frequencies = new DocumentFrequencies();
        for (int i = 0; i < 20; i++) {
            frequencies.addDocument(List.of(i < 4 ? "master speeches oratory" : "other"));
        }
        Lesson lesson = new GroundedTeacher(frequencies).explain(EVIDENCE);
        CheckedClaims checked = check(((Lesson.Explained) lesson).explanation());
        assertThat(checked.truth()).hasValue(1.0);
        assertThat(checked.checkable()).isEqualTo(checked.claims().size()).isGreaterThan(10);
    }

    @Test
    void next_tokens_are_judged_by_rank_and_probability() {
        assertThat(verdicts("Next: \"and\", \" in\", \"\\n\", \"on\", \"was\"."))
                .containsExactly("\"and\"=yes", "\" in\"=yes", "\"\\n\"=yes", "\"on\"=no", "\"was\"=no");
    }

    @Test
    void tokens_in_other_quotation_marks_are_the_same_tokens() {
        assertThat(verdicts("Next: 'and', 'in', 'was'.")).containsExactly("'and'=yes", "'in'=yes", "'was'=no");
        assertThat(verdicts("Next: “and”, “was”.")).containsExactly("“and”=yes", "“was”=no");
        Evidence apostrophe = new Evidence(CONTEXT, List.of(new NextToken("'s", 0.5)));
        assertThat(new GroundedChecker().check("Next: ''s', 'x'.", apostrophe).claims())
                .extracting(Claim::verdict)
                .containsExactly(Verdict.SUPPORTED, Verdict.UNSUPPORTED);
    }

    @Test
    void a_tail_that_begins_inside_of_a_long_word_is_true() {
        String context = "see https://example.org/" + "path/".repeat(30);
        Lesson lesson = new GroundedTeacher(new DocumentFrequencies()).explain(Evidence.ofContext(context));
        String explanation = ((Lesson.Explained) lesson).explanation();
        assertThat(new GroundedChecker()
                        .check(explanation, Evidence.ofContext(context))
                        .truth())
                .hasValue(1.0);
    }

    @Test
    void words_are_words_of_the_context_and_no_pieces_of_them() {
        assertThat(verdicts("About: people, long speeches, ong sp, people7, master oratory."))
                .containsExactly("people=yes", "long speeches=yes", "ong sp=no", "people7=no", "master oratory=no");
        assertThat(verdicts("Something \"  \" else. A \"th\" too."))
                .containsExactly("Something \"  \" else=open", "A \"th\" too=open");
    }

    @Test
    void without_predictions_next_tokens_cannot_be_judged() {
        CheckedClaims checked = new GroundedChecker().check("Next: \"and\".", Evidence.ofContext(CONTEXT));
        assertThat(checked.claims()).extracting(Claim::verdict).containsExactly(Verdict.UNVERIFIABLE);
        assertThat(checked.truth()).isEmpty();
    }

    @Test
    void what_is_said_again_counts_once() {
        CheckedClaims checked = check("Next: \"and\", \"and\", \"was\". About: people, People, rhetoric.");
        assertThat(checked.checkable()).isEqualTo(4);
        assertThat(checked.truth()).hasValue(0.5);
    }

    @Test
    void words_of_the_tail_are_compared_from_the_end() {
        assertThat(verdicts("Text: the art of rhetoric"))
                .containsExactly("the=yes", "art=yes", "of=yes", "rhetoric=no");
        assertThat(verdicts("Text: art oratory")).containsExactly("art=no", "oratory=yes");
    }

    @Test
    void an_escaped_end_of_line_belongs_to_the_tail() {
        Evidence lines = Evidence.ofContext("first line.\nsecond line.\n\n");
        CheckedClaims right = new GroundedChecker().check("Text: line.\\nsecond line.\\n\\n", lines);
        assertThat(right.claims()).extracting(Claim::text).containsExactly("line.", "second", "line.", "\\n\\n");
        assertThat(right.truth()).hasValue(1.0);
        CheckedClaims wrong = new GroundedChecker().check("Text: second line.", lines);
        assertThat(wrong.truth().orElseThrow()).isLessThan(0.5);
    }

    @Test
    void kinds_are_judged_by_the_rules_and_others_left_open() {
        assertThat(verdicts("Kind: English, past tense, code, French, melancholy."))
                .containsExactly("English=yes", "past tense=yes", "code=no", "French=no", "melancholy=open");
    }

    @Test
    void claims_know_their_place() {
        String explanation = "Next: \".\". About: people. Text: art of oratory";
        assertThat(check(explanation).claims())
                .hasSize(5)
                .allSatisfy(claim -> assertThat(explanation.substring(claim.start(), claim.end()))
                        .isEqualTo(claim.text()));
    }

    @Test
    void labels_inside_quotes_and_in_the_tail_are_text() {
        assertThat(check("Next: \"Text: a\", \"and\". Text: About: x of oratory")
                        .claims())
                .extracting(Claim::segment)
                .containsExactly(Segment.NEXT, Segment.NEXT, Segment.TEXT, Segment.TEXT, Segment.TEXT, Segment.TEXT);
    }

    @Test
    void prose_is_supported_only_where_it_quotes_the_context() {
        assertThat(verdicts("A biography. The phrase \"art of oratory\" ends it. It goes on with \"nonsense words\"."))
                .containsExactly(
                        "A biography=open",
                        "The phrase \"art of oratory\" ends it=yes",
                        "It goes on with \"nonsense words\"=open");
    }

    @Test
    void any_text_can_be_checked() {
        Random random = new Random(7);
        String alphabet = "Next:About Kind Text\"\\nu{41},.;\n \ud83d\ude00\ud83d“";
        for (int i = 0; i < 2000; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(60); length > 0; length--) {
                if (random.nextInt(6) == 0) {
                    text.append(List.of("Next: ", "About: ", "Kind: ", "Text: ").get(random.nextInt(4)));
                }
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            CheckedClaims checked = check(text.toString());
            checked.truth().ifPresent(truth -> assertThat(truth).isBetween(0.0, 1.0));
            for (Claim claim : checked.claims()) {
                assertThat(text.substring(claim.start(), claim.end())).isEqualTo(claim.text());
            }
        }
    }

    @Test
    void truth_is_the_share_of_what_can_be_judged() {
        assertThat(check("Next: \"and\", \"was\", \"for\". Kind: sad.").truth().orElseThrow())
                .isEqualTo(2.0 / 3, within(1e-12));
    }

    @Test
    void escapes_come_back_as_they_were() {
        for (String text : List.of("a\nb", "\t\t", "  ", " x", "C:\\new", "a\"b", "\u2028\u200b", "\\u{41}", "\\s")) {
            assertThat(Escaping.unescape(Escaping.tail(text))).isEqualTo(text);
            assertThat(Escaping.unescape(Escaping.token(text))).isEqualTo(Escaping.bare(text));
        }
    }
}
