package dev.nla4j.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.teacher.Claim.Segment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    /// What the teacher writes of a context must hold, wherever its tail is cut.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "see https://example.org/path/path/path/path/path/path/path/path/path/path/path/path/path and so",
                "春眠不觉晓处处闻啼鸟夜来风雨声花落知多少春眠不觉晓处处闻啼鸟夜来风雨声花落知多少" + "春眠不觉晓处处闻啼鸟夜来风雨声花落知多少春眠不觉晓处处闻啼鸟夜来风雨声花落知多少\n他说",
                "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
                "Contents.................................................................. 12",
                "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQ= then",
                "\ufffd\ufffd好的我们走",
                "a\ufffdb and c",
            })
    void a_tail_of_the_teacher_is_true(String context) {
        Lesson lesson = new GroundedTeacher(new DocumentFrequencies()).explain(Evidence.ofContext(context));
        String explanation = ((Lesson.Explained) lesson).explanation();
        assertThat(new GroundedChecker()
                        .check(explanation, Evidence.ofContext(context))
                        .truth())
                .hasValue(1.0);
    }

    @Test
    void a_short_tail_is_not_cut_inside_of_a_word() {
        assertThat(verdicts("Text: ort of oratory")).containsExactly("ort=no", "of=yes", "oratory=yes");
        assertThat(verdicts("Text: rt of oratory")).containsExactly("rt=no", "of=yes", "oratory=yes");
    }

    @Test
    void a_token_that_begins_with_two_spaces_is_known_as_the_teacher_writes_it() {
        Evidence indented = new Evidence(CONTEXT, List.of(new NextToken("  x", 0.5), new NextToken(" y", 0.3)));
        Lesson lesson = new GroundedTeacher(new DocumentFrequencies()).explain(indented);
        String explanation = ((Lesson.Explained) lesson).explanation();
        assertThat(explanation).startsWith("Next: \" x\", \"y\".");
        assertThat(new GroundedChecker().check(explanation, indented).truth()).hasValue(1.0);
        assertThat(new GroundedChecker().check("Next: \" y\", \"x\".", indented).truth())
                .hasValue(0.5);
    }

    @Test
    void a_part_of_a_character_is_no_token() {
        Evidence parts = new Evidence(CONTEXT, List.of(new NextToken("\ufffd", 0.9)));
        assertThat(new GroundedChecker().check("Next: \"\ufffd\".", parts).claims())
                .extracting(Claim::verdict)
                .containsExactly(Verdict.UNSUPPORTED);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "Darcy's house is,Darcy,SUPPORTED",
                "dans l’homme,l'homme,SUPPORTED",
                "dans l'homme,homme,SUPPORTED",
                "the twentieth-century house,century,SUPPORTED",
                "the caf\u0065\u0301 is,café,SUPPORTED",
                "he uses GPT-4 now,GPT-4,SUPPORTED",
                "he uses GPT-45 now,GPT-4,UNSUPPORTED",
                "he uses C++ now,C++,UNVERIFIABLE",
                "a glass of H2O,H2O,UNVERIFIABLE",
                "我们今天去公园看花,公园,SUPPORTED",
                "我们今天去公园看花,公司,UNSUPPORTED",
                "我们今天去公园看花,园,UNVERIFIABLE",
                "the people are,peopl,UNSUPPORTED",
                "the people are,with,UNVERIFIABLE",
                "the people don’t,don't,UNVERIFIABLE",
                "|Он сказал, что это был дом|,дом,SUPPORTED",
                "|Он сказал, что это был дом|,он,UNVERIFIABLE",
                "|Der König ist in dem Garten und die Männer sind mit ihm|,Garten,SUPPORTED",
                "Il est en été dans le jardin avec les hommes,né,UNVERIFIABLE",
            })
    void a_word_stands_where_no_word_goes_on(String context, String word, Verdict verdict) {
        assertThat(new GroundedChecker()
                        .check("About: " + word + ".", Evidence.ofContext(context))
                        .claims())
                .extracting(Claim::verdict)
                .containsExactly(verdict);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "|Он сказал, что это был дом, и он не знал, в чём дело|,|и, он, не, в, что|",
                "今日は公園に行きました。寒かったから帰ります。,|した, から, ます|",
                "Il est allé à la maison et elle est dans le jardin avec lui,à",
                "|O homem não é o rei, mas ele é um amigo da casa|,é",
                "|Der König ist in dem Garten, und einer geht nach Haus oder zu den Männern|,|einer, oder, nach|",
                "|He did what he can do, and who has it all|,|who did, can do, has it all|",
            })
    void grammar_of_any_language_earns_nothing(String context, String words) {
        CheckedClaims checked = new GroundedChecker().check("About: " + words + ".", Evidence.ofContext(context));
        assertThat(checked.claims()).hasSize(words.split(",").length);
        assertThat(checked.checkable()).isZero();
    }

    @Test
    void what_prose_quotes_counts_once_and_grammar_never() {
        assertThat(check("It says \"of the\". Also \"of the\". And \"of the\". About: rhetoric.")
                        .checkable())
                .isEqualTo(1);
        CheckedClaims again = check(
                "It says \"master of long speeches\". And \"a master of long speeches\". New is \"art of oratory\".");
        assertThat(again.claims()).extracting(Claim::repeated).containsExactly(false, true, false);
        assertThat(again.checkable()).isEqualTo(2);
    }

    /// Labels begin a sentence or a line, or stand behind a quotation.
    @Test
    void labels_inside_of_a_sentence_are_prose() {
        assertThat(verdicts("Genre of the text: a news report about a trial.\n\n"
                        + "The phrase \"the court held\" sets up a ruling."))
                .containsExactly(
                        "Genre of the text: a news report about a trial=open",
                        "The phrase \"the court held\" sets up a ruling=open");
        assertThat(verdicts("What comes next: a verb")).containsExactly("What comes next: a verb=open");
        assertThat(verdicts("The authors' text: a report")).containsExactly("The authors' text: a report=open");
        assertThat(verdicts("It uses item.kind: a string")).hasSize(2).allMatch(verdict -> verdict.endsWith("=open"));
        assertThat(verdicts("Next: \"and\" Text: oratory")).containsExactly("\"and\"=yes", "oratory=yes");
        assertThat(verdicts(" next: \"and\" About: people\nKIND : English. Text: oratory"))
                .containsExactly("\"and\"=yes", "people=yes", "English=yes", "oratory=yes");
    }

    @Test
    void what_stands_in_every_text_earns_nothing() {
        assertThat(check("About: the, of, and, was, of the art, people.").checkable())
                .isEqualTo(2);
        assertThat(check("About: people, the people, tired, people were tired.").checkable())
                .isEqualTo(2);
        assertThat(verdicts("The word \"people\" proves it is a recipe. It says \"eople wer\" too. And \"people were\"."
                        + " And \"people were tired\"."))
                .containsExactly(
                        "The word \"people\" proves it is a recipe=open",
                        "It says \"eople wer\" too=open",
                        "And \"people were\"=open",
                        "And \"people were tired\"=yes");
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
        int judged = 0;
        int claims = 0;
        for (int i = 0; i < 2000; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(60); length > 0; length--) {
                if (random.nextInt(6) == 0) {
                    text.append(List.of(". Next: ", "\nAbout: ", ". Kind: ", ". Text: ")
                            .get(random.nextInt(4)));
                }
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            CheckedClaims checked = check(text.toString());
            if (checked.truth().isPresent()) {
                assertThat(checked.truth().getAsDouble()).isBetween(0.0, 1.0);
                judged++;
            }
            for (Claim claim : checked.claims()) {
                assertThat(text.substring(claim.start(), claim.end())).isEqualTo(claim.text());
                claims++;
            }
        }
        assertThat(judged).isGreaterThan(1000);
        assertThat(claims).isGreaterThan(2000);
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
