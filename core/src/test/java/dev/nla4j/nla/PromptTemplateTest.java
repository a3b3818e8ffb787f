package dev.nla4j.nla;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Expected texts are what Python's `template.format(explanation="X")` gives.
class PromptTemplateTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<text> {explanation}|<text> X|1",
                "Answer as {{\"a\": 1}}: {explanation} </t>|Answer as {\"a\": 1}: X </t>|1",
                "{{explanation}} {explanation}|{explanation} X|1",
                "{{{explanation}}}|{X}|1",
                "{explanation}{explanation}|XX|2",
                "none {{}}|none {}|0"
            })
    void places_are_filled_and_doubled_braces_are_braces(String template, String filled, int places) {
        PromptTemplate read = PromptTemplate.of(template, NlaMeta.EXPLANATION);
        assertThat(read.fill("X")).isEqualTo(filled);
        assertThat(read.places()).isEqualTo(places);
        assertThat(read.isPortable()).isTrue();
    }

    @Test
    void braces_of_its_own_are_taken_as_they_are_though_not_everywhere() {
        for (String template :
                new String[] {"{a} {explanation}", "{explanation} }", "{ {explanation}", "{explanation!r}"}) {
            assertThat(PromptTemplate.of(template, NlaMeta.EXPLANATION).isPortable())
                    .as(template)
                    .isFalse();
        }
        assertThat(PromptTemplate.of("{a} {explanation} }", NlaMeta.EXPLANATION).fill("{{x}}"))
                .isEqualTo("{a} {{x}} }");
        PromptTemplate read = PromptTemplate.of("{{a}} {explanation} {{b}}", NlaMeta.EXPLANATION);
        assertThat(read.before()).isEqualTo("{a} ");
        assertThat(read.after()).isEqualTo(" {b}");
    }
}
