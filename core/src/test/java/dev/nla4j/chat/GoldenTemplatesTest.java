package dev.nla4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.chat.jinja.TemplateException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Renders real templates; `src/test/resources/chat/README.md` says what the expected texts are.
class GoldenTemplatesTest {
    private static final SpecialStrings SPECIALS =
            new SpecialStrings(Map.of("bos_token", "<s>", "eos_token", "</s>", "pad_token", "<pad>"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma",
                "gemma3",
                "llama3",
                "llama3_1",
                "llama3_2",
                "phi3",
                "phi3_5",
                "qwen2_5",
                "qwen2_5_training",
                "qwen3",
                "qwen3_instruct_2507",
                "smollm2"
            })
    void a_template_renders_every_conversation_as_transformers_does(String name) throws IOException {
        ChatTemplate template = ChatTemplate.parse(text(name + ".jinja"), name);
        JsonNode conversations = Json.mapper().readTree(text("conversations.json"));
        List<String> differing = new ArrayList<>();
        JsonNode goldens = Json.mapper().readTree(text(name + ".json"));
        for (JsonNode golden : goldens) {
            RenderOptions options = new RenderOptions(
                    Message.listOf(conversations.get(golden.get("messages").stringValue())),
                    golden.get("add_generation_prompt").booleanValue(),
                    SPECIALS,
                    LocalDateTime.of(2026, 7, 26, 0, 0),
                    Map.of());
            if (golden.has("error")) {
                assertThatThrownBy(() -> template.render(options))
                        .isInstanceOf(TemplateException.class)
                        .hasMessage(golden.get("error").stringValue());
            } else if (!template.render(options).equals(golden.get("output").stringValue())) {
                differing.add(golden.get("messages") + " " + options.addGenerationPrompt());
            }
        }
        assertThat(goldens.size()).isEqualTo(14);
        assertThat(differing).isEmpty();
    }

    private static String text(String file) throws IOException {
        try (InputStream in = GoldenTemplatesTest.class.getResourceAsStream("/chat/templates/" + file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
