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
    @ValueSource(strings = {"[{\"role\":\"user\"},{}]", "[{\"role\":\"user\"},{\"role\":5}]"})
    void who_speaks_is_asked_for_where_it_matters(String json) {
        Conversation conversation = conversation(json);
        assertThatThrownBy(conversation::withRoles)
                .isInstanceOf(InputException.class)
                .hasMessage("message 1 has no role, expected a string \"role\"");
    }
}
