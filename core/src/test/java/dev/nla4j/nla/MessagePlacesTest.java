package dev.nla4j.nla;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.Message;
import dev.nla4j.chat.RenderOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MessagePlacesTest {
    private static final String PLAIN = "{% for m in messages %}[{{ m.role }}]\n{{ m.content }}\n{% endfor %}";
    private static final String TRIMMED = PLAIN.replace("m.content", "m.content | trim");

    /// What the spans hold, each with what stands before it: role words and contents may be the same.
    private static List<String> found(String template, Message... messages) {
        ChatTemplate chat = ChatTemplate.parse(template, "test");
        RenderOptions options = RenderOptions.of(List.of(messages));
        String text = chat.render(options);
        List<String> found = new ArrayList<>();
        for (TextTokens.MessageSpan span : MessagePlaces.in(text, chat, options)) {
            String before = text.substring(Math.max(0, span.start() - 3), span.start());
            found.add(span.index() + " " + before + "(" + text.substring(span.start(), span.end()) + ")");
        }
        return found;
    }

    private static Message user(String content) {
        return Message.of("user", content);
    }

    private static Message assistant(String content) {
        return Message.of("assistant", content);
    }

    private static String qwen3() throws IOException {
        try (InputStream in = MessagePlacesTest.class.getResourceAsStream("/chat/templates/qwen3.jinja")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void thinking_that_is_left_out_leaves_the_answer_and_the_other_messages_in_their_places() throws IOException {
        assertThat(found(qwen3(), user("user"), assistant("<think>\na\n</think>\n\nb"), user("x")))
                .containsExactly("0 er\n(user)", "1 nt\n(b)", "2 er\n(x)");
    }

    @Test
    void thinking_that_is_written_belongs_to_its_message() throws IOException {
        assertThat(found(qwen3(), user("user"), assistant("<think>\na\n</think>\n\nb")))
                .containsExactly("0 er\n(user)", "1 nt\n(<think>\na\n</think>\n\nb)");
        assertThat(found(qwen3(), user("user"), assistant("<think>a</think>b")))
                .containsExactly("0 er\n(user)", "1 >\n\n(b)");
    }

    /// A tool's result sent by the user is told by how it begins and ends.
    @Test
    void what_templates_look_for_in_contents_is_not_broken_by_marks() throws IOException {
        String result = "<tool_response>\nr\n</tool_response>";
        assertThat(found(qwen3(), user("q"), assistant("<think>\na\n</think>\n\nb"), user(result)))
                .containsExactly("0 er\n(q)", "1 nt\n(<think>\na\n</think>\n\nb)", "2 er\n(" + result + ")");
    }

    @Test
    void white_space_is_stripped_as_python_strips_it() {
        String spaces = "\u00a0\u2007\u202f\n";
        Message[] messages = {user(spaces + "user" + spaces), assistant("user"), user("user\n")};
        assertThat(found(TRIMMED, messages)).containsExactly("0 r]\n(user)", "1 t]\n(user)", "2 r]\n(user)");
        assertThat(found(PLAIN, messages))
                .containsExactly("0 r]\n(" + spaces + "user" + spaces + ")", "1 t]\n(user)", "2 r]\n(user\n)");
    }

    @Test
    void white_space_that_the_template_writes_is_not_the_contents() {
        assertThat(found(TRIMMED, user("\nuser\n"), assistant("\nuser")))
                .containsExactly("0 r]\n(user)", "1 t]\n(user)");
    }

    @Test
    void a_content_in_parts_reaches_from_its_first_text_to_its_last() {
        String template = "{% for m in messages %}[{{ m.role }}]{% for p in m.content %}"
                + "{{ p.text if p.type == 'text' else '<image>' }}{% endfor %}{% endfor %}";
        Map<String, Object> image = Map.of("type", "image");
        Message parts = new Message(Map.of("role", "user", "content", List.of(image, text("user"), image, text(" u"))));
        Message part = new Message(Map.of("role", "user", "content", List.of(text("user"))));
        assertThat(found(template, parts, part)).containsExactly("0 ge>(user<image> u)", "1 er](user)");
    }

    private static Map<String, Object> text(String text) {
        return Map.of("type", "text", "text", text);
    }

    @Test
    void a_message_around_which_the_template_writes_something_else_costs_only_its_own_place() {
        String template = PLAIN.replace("m.content", "m.content ~ (m.content | length if 'odd' in m.content else '')");
        assertThat(found(template, user("user"), assistant("odd one"), user("user"), assistant("odd"), user("user")))
                .containsExactly("0 r]\n(user)", "1 t]\n(odd one)", "2 r]\n(user)", "3 t]\n(odd)", "4 r]\n(user)");
    }

    @Test
    void a_content_that_is_written_otherwise_is_not_found_in_its_neighbours() {
        String template = "{% for m in messages %}[{{ m.role }}]\n"
                + "{{ m.content | length if m.role == 'tool' else m.content }}\n{% endfor %}";
        assertThat(found(template, user("user"), Message.of("tool", "us"), user("user tool")))
                .containsExactly("0 r]\n(user)", "2 r]\n(user tool)");
    }

    @Test
    void what_the_template_leaves_out_has_no_place() {
        String template = PLAIN.replace("%}[", "if m.role != 'system' %}[");
        assertThat(found(template, Message.of("system", "user"), user("user"), assistant(" "), user("")))
                .containsExactly("1 r]\n(user)");
    }

    @Test
    void a_template_that_changes_the_order_is_followed() {
        String template = "{{ messages[1].content }}|{{ messages[0].content }}|{{ messages[2].content | upper }}";
        assertThat(found(template, user("b"), user("a b"), user("b"))).containsExactly("0  b|(b)", "1 (a b)");
    }

    @Test
    void a_template_that_compares_contents_leaves_only_the_search() {
        String template = "{% if messages[0].content != 'ab' %}{{ raise_exception('no') }}{% endif %}" + PLAIN;
        assertThat(found(template, user("ab"), assistant("<think>x</think>cd")))
                .containsExactly("0 r]\n(ab)", "1 t]\n(<think>x</think>cd)");
    }

    /// As many as a long run of an agent has.
    @Test
    void a_thousand_messages_are_found_at_once() {
        Message[] messages = new Message[1001];
        for (int i = 0; i < messages.length; i++) {
            messages[i] = i % 2 == 0 ? user("user " + i % 7) : assistant("<think>odd</think>\n\nassistant");
        }
        String template = PLAIN.replace("m.content", "(m.content.split('</think>')[-1] | trim) ~ (m.content | length)");
        long start = System.nanoTime();
        assertThat(found(template, messages))
                .hasSize(1001)
                .contains("0 r]\n(user 0)", "501 t]\n(assistant)", "1000 r]\n(user " + 1000 % 7 + ")");
        assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
    }
}
