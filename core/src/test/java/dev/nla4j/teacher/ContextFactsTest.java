package dev.nla4j.teacher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContextFactsTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "The king was in the garden and his men were with him at the wall,ENGLISH",
                "Le roi est dans le jardin et les hommes sont avec lui,FRENCH",
                "Der König ist in dem Garten und die Männer sind mit ihm,GERMAN",
                "El rey está en el jardín y los hombres de la casa no lo ven,SPANISH",
                "Он сказал что это был дом и он не знал,RUSSIAN",
                "我们今天去公园看花,CHINESE",
                "今日は公園に行きます,JAPANESE",
                "오늘은 공원에 갑니다,KOREAN",
            })
    void a_language_is_told_by_its_script_or_its_function_words(String context, Language language) {
        assertThat(ContextFacts.of(context).language()).contains(language);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Kant, Hegel, Marx", "12 34 !!", "x = y + z"})
    void a_language_without_proof_is_not_named(String context) {
        assertThat(ContextFacts.of(context).language()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "CODE,def add(a_ b):\\n    return (a + b)\\nx = add(1_ 2);\\n",
                "CODE,Run this:\\n```rust\\nlet mut x",
                "LIST,Things to bring:\\n- water\\n- a warm",
                "LIST,1. wash\\n2. dry the",
                "DIALOGUE,|He said. \"Come in.\" She waited. \"No.\" The door|",
                "QUESTION,|Where are you going?|",
                "QUESTION,|\"Where are you going?\" he asked and|",
                "OPEN_QUOTATION,|He turned and said. \"Not before the|",
                "OPEN_QUOTATION,He turned and said. “Not before the",
                "HEADING,text before\\n## How to build",
                "HEADING,text before\\nTHE LAST OF THE",
                "NUMBER,it cost 12",
                "NUMBER,in the year 1834",
                "USER_TURN,system\\nYou help.\\nuser\\nHi there",
                "ASSISTANT_TURN,system\\nYou help.\\nuser\\nHi\\nassistant\\nHello and",
                "PAST_TENSE,The king was in the garden and the men were with him and they had no bread",
                "PRESENT_TENSE,The king is in the garden and the men are with him and there is no bread",
            })
    void a_fact_is_seen(Kind kind, String context) {
        String text = context.replace("\\n", "\n").replace("_", ",");
        assertThat(ContextFacts.of(text).kinds()).contains(kind);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "CODE,The room (which was large) had a table; it stood there.",
                "LIST,Things to bring - water and a warm coat",
                "DIALOGUE,He went home without a word and slept.",
                "QUESTION,Where are you going? Home. Then he left",
                "OPEN_QUOTATION,|He said \"never\" and left|",
                "OPEN_QUOTATION,|He said \"never\"|",
                "HEADING,He wrote a letter to NASA",
                "NUMBER,in the year 1834 he",
                "USER_TURN,the user\\nwas here",
                "ASSISTANT_TURN,an assistant helped",
                "PAST_TENSE,The king was in the garden and is there still and was there before",
            })
    void a_fact_is_not_imagined(Kind kind, String context) {
        assertThat(ContextFacts.of(context.replace("\\n", "\n")).kinds()).doesNotContain(kind);
    }

    @Test
    void a_tense_is_judged_only_where_there_is_one() {
        assertThat(ContextFacts.of("no verbs here").holds(Kind.PAST_TENSE)).isEmpty();
        ContextFacts past = ContextFacts.of("The king was in the garden and the men were with him as he had said");
        assertThat(past.holds(Kind.PAST_TENSE)).isEqualTo(Optional.of(true));
        assertThat(past.holds(Kind.PRESENT_TENSE)).isEqualTo(Optional.of(false));
    }
}
