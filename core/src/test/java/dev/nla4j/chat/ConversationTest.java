package dev.nla4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConversationTest {
    private static Conversation conversation(String json) {
        return Conversation.of(Json.parseConversation(Path.of("chat.json"), json));
    }

    @Test
    void what_stands_beside_the_messages_are_variables() {
        Conversation conversation = conversation("""
                {"tools": [{"name": "f"}], "messages": [{"role": "user", "content": "a"}], "date_string": "1 May 2024",
                 "documents": null, "chat_template_kwargs": {"enable_thinking": false, "n": 1}}""");
        assertThat(conversation.messages()).containsExactly(Message.of("user", "a"));
        assertThat(conversation.variables())
                .containsEntry("tools", List.of(Map.of("name", "f")))
                .containsEntry("date_string", "1 May 2024")
                .containsEntry("documents", null)
                .containsEntry("enable_thinking", false)
                .containsEntry("n", BigInteger.ONE)
                .hasSize(5);
        assertThat(conversation.options().variables()).isEqualTo(conversation.variables());
        assertThat(conversation("[{\"role\": \"user\"}]").variables()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"add_generation_prompt\": true",
                "\"bos_token\": \"<s>\"",
                "\"range\": 3",
                "\"chat_template_kwargs\": {\"messages\": []}",
            })
    void what_templates_have_from_elsewhere_is_refused(String variable) {
        assertThatThrownBy(() -> conversation("{\"messages\": [], " + variable + "}"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is no variable to be set");
    }

    @Test
    void variables_that_stand_together_must_be_an_object() {
        assertThat(conversation("{\"messages\": [], \"chat_template_kwargs\": null}")
                        .variables())
                .isEmpty();
        assertThatThrownBy(() -> conversation("{\"messages\": [], \"chat_template_kwargs\": [1]}"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("must be an object");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"n\": 1, \"chat_template_kwargs\": {\"n\": 2}",
                "\"chat_template_kwargs\": {\"n\": 2}, \"n\": 1",
            })
    void variables_that_stand_together_count_in_any_order(String variables) {
        assertThat(conversation("{\"messages\": [], " + variables + "}").variables())
                .containsExactly(Map.entry("n", BigInteger.TWO));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'tools': {'name': 'f'} | tools must be a list of objects, or null, was object",
                "'documents': 'text' | documents must be a list of objects, or null, was string",
                "'tools': false | tools must be a list of objects, or null, was boolean",
                "'documents': [{}, 'text'] | documents[1] must be an object, was string",
                "'tools': [null] | tools[0] must be an object, was null",
                "'chat_template_kwargs': {'tools': [[]]} | chat_template_kwargs.tools[0] must be an object, was array",
            })
    void tools_and_documents_are_lists_of_objects(String variable, String problem) {
        assertThatThrownBy(() -> conversation("{\"messages\": [], " + variable.replace('\'', '"') + "}"))
                .isInstanceOf(InputException.class)
                .hasMessage(problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[{\"role\":\"user\"},{}]", "[{\"role\":\"user\"},{\"role\":5}]"})
    void who_speaks_is_asked_for_where_it_matters(String json) {
        Conversation conversation = conversation(json);
        assertThatThrownBy(conversation::withRoles)
                .isInstanceOf(InputException.class)
                .hasMessage("message 1 has no role, expected a string \"role\"");
    }
}
