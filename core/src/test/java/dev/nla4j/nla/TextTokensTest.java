package dev.nla4j.nla;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.Message;
import dev.nla4j.chat.RenderOptions;
import dev.nla4j.format.InputException;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.tokenizer.TokenSpan;
import dev.nla4j.tokenizer.Tokenizer;
import dev.nla4j.tokenizer.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextTokensTest {
    private static final List<Message> CONVERSATION =
            List.of(Message.of("user", " Hi there "), Message.of("assistant", "Hi"), Message.of("user", "Hi"));
    private static final String BODY = "{% for m in messages %}[{{ m.role }}] {{ m.content | trim }}\n{% endfor %}";

    @TempDir
    Path folder;

    private static Tokenizer gemma;
    private static Tokenizer qwen;

    @BeforeAll
    static void open() {
        gemma = tokenizer("contract-gemma3");
        qwen = tokenizer("contract-qwen2");
    }

    @AfterAll
    static void close() {
        gemma.close();
        qwen.close();
    }

    private static Tokenizer tokenizer(String name) {
        return Tokenizers.fromFolder(resource(name));
    }

    private static Path resource(String name) {
        return Path.of("src/test/resources/tokenizer").resolve(name);
    }

    @Test
    void raw_text_gets_what_the_tokenizer_adds_by_its_own_rule() {
        assertThat(TextTokens.ofText(gemma, "Hello").ids()[0]).isEqualTo(1);
        assertThat(TextTokens.ofText(gemma, "").ids()).containsExactly(1);
        assertThat(TextTokens.ofText(qwen, "").size()).isZero();
        assertThat(TextTokens.ofText(gemma, "Hello").token(0)).isEqualTo("<bos>");
    }

    @Test
    void a_begin_of_sequence_stands_once_whether_the_template_writes_it_or_not() {
        for (String template : List.of("{{ bos_token }}" + BODY, BODY)) {
            int[] ids = conversation(gemma, template).ids();
            assertThat(ids).startsWith(1);
            assertThat(java.util.Arrays.stream(ids).filter(id -> id == 1)).hasSize(1);
        }
    }

    /// The tokenizer's template adds `<s>` 1 before a text and `</s>` 2 after it.
    @Test
    void an_end_of_sequence_that_the_tokenizer_adds_to_texts_does_not_end_a_conversation() throws IOException {
        Files.copy(resource("llama2.json"), folder.resolve("tokenizer.json"));
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\"}");
        try (Tokenizer llama = Tokenizers.fromFolder(folder)) {
            int[] raw = TextTokens.ofText(llama, "Hello").ids();
            assertThat(raw).startsWith(1).endsWith(2);
            for (String template : List.of("{{ bos_token }}Hello", "Hello")) {
                TextTokens tokens = conversation(llama, template);
                assertThat(tokens.ids()).isEqualTo(java.util.Arrays.copyOf(raw, raw.length - 1));
                assertThat(tokens.tokens().getFirst().special()).isTrue();
            }
        }
    }

    @Test
    void the_text_is_the_rendering_and_tokens_cover_it() {
        TextTokens tokens = conversation(qwen, BODY);
        assertThat(tokens.text()).isEqualTo("[user] Hi there\n[assistant] Hi\n[user] Hi\n");
        StringBuilder whole = new StringBuilder();
        for (int i = 0; i < tokens.size(); i++) {
            whole.append(tokens.token(i));
        }
        assertThat(whole.toString()).isEqualTo(tokens.text());
    }

    @Test
    void tokens_know_their_message_also_where_contents_repeat_and_templates_strip() {
        TextTokens tokens = conversation(qwen, BODY);
        assertThat(tokens.messages())
                .containsExactly(
                        new TextTokens.MessageSpan(0, "user", 7, 15),
                        new TextTokens.MessageSpan(1, "assistant", 28, 30),
                        new TextTokens.MessageSpan(2, "user", 38, 40));
        assertThat(tokens.message(0)).isNull();
        StringBuilder second = new StringBuilder();
        for (int i = 0; i < tokens.size(); i++) {
            if (tokens.tokens().get(i).start() < 30 && tokens.tokens().get(i).end() > 28) {
                assertThat(tokens.message(i)).isEqualTo(tokens.messages().get(1));
                second.append(tokens.token(i));
            }
        }
        assertThat(second.toString()).isEqualTo(" Hi");
    }

    @Test
    void tokens_that_hold_one_character_together_are_its_fragments() {
        TextTokens tokens = TextTokens.ofText(qwen, "a🜚b");
        int count = 0;
        for (int i = 0; i < tokens.size(); i++) {
            if (tokens.token(i).equals("🜚")) {
                assertThat(tokens.fragment(i).index()).isEqualTo(count++);
            } else {
                assertThat(tokens.fragment(i)).isEqualTo(new TextTokens.Fragment(0, 1));
            }
        }
        assertThat(count).isGreaterThan(1);
        assertThat(tokens.fragment(1).count()).isEqualTo(count);
    }

    /// Its place is the first character's, whose bytes are others.
    @Test
    void a_space_that_the_tokenizer_puts_before_a_text_is_no_fragment_of_its_first_character() {
        try (Tokenizer llama = Tokenizers.fromFile(resource("llama2.json"))) {
            TextTokens whole = TextTokens.ofText(llama, "xb");
            assertThat(whole.tokens().stream().map(TokenSpan::token)).containsExactly("<s>", "▁", "x", "b", "</s>");
            TextTokens bytes = TextTokens.ofText(llama, "ⴲb");
            assertThat(bytes.tokens().stream().map(TokenSpan::token))
                    .containsExactly("<s>", "▁", "<0xE2>", "<0xB4>", "<0xB2>", "b", "</s>");
            for (int i = 0; i < whole.size(); i++) {
                assertThat(whole.fragment(i)).isEqualTo(new TextTokens.Fragment(0, 1));
            }
            assertThat(bytes.fragment(1)).isEqualTo(new TextTokens.Fragment(0, 1));
            for (int i = 0; i < 3; i++) {
                assertThat(bytes.fragment(2 + i)).isEqualTo(new TextTokens.Fragment(i, 3));
            }
            TextTokens spaces = TextTokens.ofText(llama, "▁ x");
            for (int i = 0; i < spaces.size(); i++) {
                assertThat(spaces.fragment(i).index())
                        .isBetween(0, spaces.fragment(i).count() - 1);
            }
        }
    }

    @Test
    void truncating_keeps_the_first_tokens() {
        TextTokens tokens = TextTokens.ofText(qwen, "one two three four");
        assertThat(tokens.truncated(2).ids()).isEqualTo(java.util.Arrays.copyOf(tokens.ids(), 2));
        assertThat(tokens.truncated(1000)).isSameAs(tokens);
    }

    @Test
    void an_empty_conversation_is_refused() {
        ChatTemplate template = ChatTemplate.parse(BODY, "test");
        assertThatThrownBy(() -> TextTokens.ofConversation(qwen, template, RenderOptions.of(List.of())))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("empty");
    }

    private static TextTokens conversation(Tokenizer tokenizer, String template) {
        return TextTokens.ofConversation(
                tokenizer,
                ChatTemplate.parse(template, "test"),
                RenderOptions.of(CONVERSATION).withSpecials(LanguageModel.templateSpecials(tokenizer)));
    }

    /// A template's own words may be a content's too.
    @Test
    void a_content_is_where_it_was_put_and_not_where_its_words_stand_first() {
        String template = "{{ '[system] You are user Hi.\n' if messages[0].role != 'system' }}" + BODY;
        TextTokens tokens = TextTokens.ofConversation(
                qwen,
                ChatTemplate.parse(template, "test"),
                RenderOptions.of(List.of(Message.of("user", "user"), Message.of("assistant", " Hi "))));
        String text = tokens.text();
        assertThat(text).startsWith("[system] You are user Hi.\n[user] user\n[assistant] Hi\n");
        int user = text.indexOf("[user] user") + 7;
        int assistant = text.indexOf("[assistant] Hi") + 12;
        assertThat(tokens.messages())
                .containsExactly(
                        new TextTokens.MessageSpan(0, "user", user, user + 4),
                        new TextTokens.MessageSpan(1, "assistant", assistant, assistant + 2));
    }

    /// Where the template looks into contents, and makes something else of a mark, they are searched for.
    @Test
    void a_content_that_the_template_looks_into_is_found_too() {
        String template = "{% for m in messages %}{% if 'x' in m.content %}[{{ m.content }}]{% endif %}{% endfor %}";
        TextTokens tokens = TextTokens.ofConversation(
                qwen,
                ChatTemplate.parse(template, "test"),
                RenderOptions.of(List.of(Message.of("user", "xy"), Message.of("user", "z"))));
        assertThat(tokens.messages()).containsExactly(new TextTokens.MessageSpan(0, "user", 1, 3));
    }
}
