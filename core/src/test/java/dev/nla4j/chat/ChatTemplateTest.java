package dev.nla4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.chat.jinja.TemplateException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatTemplateTest {
    private static final RenderOptions HELLO = RenderOptions.of(List.of(Message.of("user", "Hello")));

    private static String render(String template, RenderOptions options) {
        return ChatTemplate.parse(template, "chat").render(options);
    }

    private static List<Message> messages(String json) {
        return Message.listOf(Json.parse(Path.of("chat.json"), json));
    }

    @Test
    void a_template_is_given_what_transformers_gives_it() {
        String template = "{{ messages }} {{ tools }} {{ documents }} {{ add_generation_prompt }}";
        assertThat(render(template, HELLO)).isEqualTo("[{'role': 'user', 'content': 'Hello'}] None None False");
        assertThat(render("{{ add_generation_prompt }}", HELLO.withGenerationPrompt(true)))
                .isEqualTo("True");
    }

    @Test
    void special_tokens_that_a_tokenizer_lacks_are_undefined() {
        String template = "{{ bos_token }}{{ eos_token is defined }}{{ pad_token is defined }}{{ unk_token }}";
        assertThat(render(template, HELLO.withSpecials(new SpecialStrings("<s>", null, "<pad>", "<unk>"))))
                .isEqualTo("<s>FalseTrue<unk>");
    }

    @Test
    void variables_may_replace_tools_but_not_the_conversation() {
        assertThat(render("{{ tools[0].name }}", HELLO.withVariables(Map.of("tools", List.of(Map.of("name", "t"))))))
                .isEqualTo("t");
        assertThatThrownBy(() -> HELLO.withVariables(Map.of("messages", List.of())))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void the_date_is_the_given_one() {
        assertThat(render("{{ strftime_now('%d %b %Y') }}", HELLO.at(LocalDateTime.of(2024, 2, 29, 0, 0))))
                .isEqualTo("29 Feb 2024");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'role': 'a', 'thinking': 't'} | {'thinking': 't', 'role': 'a', 'reasoning_content': 't'}",
                "{'role': 'a', 'reasoning': 'r'}"
                        + " | {'thinking': 'r', 'role': 'a', 'reasoning': 'r', 'reasoning_content': 'r'}",
                "{'role': 'a', 'reasoning_content': 'c', 'thinking': 't'}"
                        + " | {'thinking': 't', 'role': 'a', 'reasoning_content': 'c'}",
                "{'role': 'a', 'reasoning_content': null, 'x': 1} | {'role': 'a', 'x': 1}",
                "{'role': 'a', 'reasoning_content': null, 'thinking': 't'}"
                        + " | {'thinking': 't', 'role': 'a', 'reasoning_content': 't'}",
            })
    void reasoning_is_found_under_every_name_as_in_transformers(String message, String shown) {
        List<Message> messages = messages("[" + message.replace('\'', '"') + "]");
        assertThat(render("{{ messages[0] }}", RenderOptions.of(messages))).isEqualTo(shown);
    }

    @Test
    void messages_keep_whatever_json_they_carry_in_its_order() {
        String json = "[{\"role\":\"assistant\",\"tool_calls\":[{\"z\":1,\"n\":null,\"a\":[true,1.0,1e20,"
                + "123456789012345678901234567890]}],\"content2\":[{\"type\":\"text\"}]}]";
        List<Message> messages = messages(json);
        assertThat(messages.get(0).role()).isEqualTo("assistant");
        assertThat(messages.get(0).content()).isNull();
        assertThat(render("{{ messages | tojson(separators=(',', ':')) }}", RenderOptions.of(messages)))
                .isEqualTo(json.replace("1e20", "1e+20"));
    }

    @Test
    void what_a_message_says_null_of_it_does_not_have() {
        List<Message> messages = messages("[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":null}]}]");
        String template = "{{ messages[0].content is defined }} {{ messages[0] }}";
        assertThat(render(template, RenderOptions.of(messages)))
                .isEqualTo("False {'role': 'assistant', 'tool_calls': [{'id': None}]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | a conversation is an array of messages, not object",
                "[1] | message 0 is number, expected an object",
                "[{\"role\":\"user\"},{}] | message 1 has no role",
                "[{\"role\":5}] | message 0 has no role",
            })
    void what_is_no_conversation_is_refused(String json, String problem) {
        assertThatThrownBy(() -> messages(json))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(problem);
    }

    @Test
    void a_broken_template_is_refused_when_it_is_parsed() {
        assertThatThrownBy(() -> ChatTemplate.parse("{% if %}", "broken.jinja"))
                .isInstanceOf(TemplateException.class)
                .hasMessageStartingWith("template broken.jinja, line 1: ");
    }
}
