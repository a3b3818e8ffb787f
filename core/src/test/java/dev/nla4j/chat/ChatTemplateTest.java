package dev.nla4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.chat.jinja.TemplateException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collections;
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
        Map<String, String> specials = Map.of("bos_token", "<s>", "pad_token", "<pad>", "unk_token", "<unk>");
        assertThat(render(template, HELLO.withSpecials(new SpecialStrings(specials))))
                .isEqualTo("<s>FalseTrue<unk>");
    }

    @Test
    void an_empty_conversation_is_refused_as_in_transformers() {
        assertThatThrownBy(() -> render("x", HELLO.withMessages(List.of())))
                .isInstanceOf(InputException.class)
                .hasMessage("the conversation is empty: it needs one message at least");
    }

    @Test
    void a_conversation_with_tools_has_a_template_of_its_own_where_there_is_one() {
        ChatTemplate template =
                ChatTemplate.parse("plain", "chat").withToolUse("{{ tools | length }} tools", "tool_use");
        assertThat(template.render(HELLO)).isEqualTo("plain");
        assertThat(template.render(HELLO.withVariables(Map.of("tools", List.of()))))
                .isEqualTo("0 tools");
        ChatTemplate broken = ChatTemplate.parse("plain", "chat").withToolUse("{% if", "broken_tool_use");
        assertThat(broken.render(HELLO)).isEqualTo("plain");
        assertThatThrownBy(() -> broken.render(HELLO.withVariables(Map.of("tools", List.of()))))
                .isInstanceOf(TemplateException.class)
                .hasMessageContaining("broken_tool_use");
    }

    /// As Command R7B's looks for the call of each tool's result.
    @Test
    void a_template_may_go_through_all_messages_of_a_long_conversation_for_each_of_them() {
        String template = "{% for m in messages %}{% set ns = namespace(n=0) %}{% for other in messages %}"
                + "{% if other.role == m.role %}{% set ns.n = ns.n + 1 %}{% endif %}{% endfor %}{{ ns.n }},{% endfor %}";
        List<Message> messages = Collections.nCopies(1001, Message.of("tool", "x"));
        assertThat(render(template, RenderOptions.of(messages))).isEqualTo("1001,".repeat(1001));
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
            })
    void what_is_no_conversation_is_refused(String json, String problem) {
        assertThatThrownBy(() -> messages(json))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(problem);
    }

    @Test
    void what_a_message_must_have_is_the_templates_to_say() {
        List<Message> messages = messages("[{\"content\":\"x\"},{\"role\":\"user\"},{}]");
        String template = "{% for m in messages %}{{ m.role }}: {{ m.content }}{{ m.content is defined }}|{% endfor %}";
        assertThat(render(template, RenderOptions.of(messages))).isEqualTo(": xTrue|user: False|: False|");
    }

    @Test
    void a_broken_template_is_refused_when_it_is_parsed() {
        assertThatThrownBy(() -> ChatTemplate.parse("{% if %}", "broken.jinja"))
                .isInstanceOf(TemplateException.class)
                .hasMessageStartingWith("template broken.jinja, line 1: ");
    }
}
