package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.Message;
import dev.nla4j.chat.RenderOptions;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.gguf.GgufValue;
import dev.nla4j.format.gguf.GgufValues;
import dev.nla4j.format.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatTemplateFileTest {
    private static final RenderOptions PLAIN = RenderOptions.of(List.of(Message.of("user", "a")));
    private static final RenderOptions WITH_TOOLS = PLAIN.withVariables(Map.of("tools", List.of()));

    @TempDir
    Path folder;

    private void file(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private String rendered(RenderOptions options) {
        ChatTemplate template = ChatTemplateFile.in(folder);
        return template == null ? "none" : template.render(options);
    }

    private static GgufFile gguf(Path path, Map<String, GgufValue> header) throws IOException {
        GgufWriter.write(path, header, List.of());
        return GgufFile.open(path);
    }

    private static String rendered(GgufFile file, RenderOptions options) {
        ChatTemplate template = ChatTemplateFile.in(file.metadata(), Path.of("model.gguf"));
        return template == null ? "none" : template.render(options);
    }

    /// The tokenizer of transformers reads the first two and never the last.
    @Test
    void the_template_is_of_its_own_file_before_the_tokenizers_before_the_processors() throws IOException {
        assertThat(rendered(PLAIN)).isEqualTo("none");
        file("chat_template.json", "{\"chat_template\": \"processor\"}");
        assertThat(rendered(PLAIN)).isEqualTo("processor");
        file("tokenizer_config.json", "{}");
        assertThat(rendered(PLAIN)).isEqualTo("processor");
        file("tokenizer_config.json", "{\"chat_template\": \"tokenizer\"}");
        assertThat(rendered(PLAIN)).isEqualTo("tokenizer");
        file("chat_template.jinja", "jinja");
        assertThat(rendered(PLAIN)).isEqualTo("jinja");
    }

    @Test
    void of_named_templates_one_is_for_tools() throws IOException {
        file("tokenizer_config.json", """
                {"chat_template": [{"name": "default", "template": "d"}, {"name": "rag", "template": "{% if"},
                                   {"name": "tool_use", "template": "t"}]}""");
        assertThat(rendered(PLAIN)).isEqualTo("d");
        assertThat(rendered(WITH_TOOLS)).isEqualTo("t");
    }

    @Test
    void named_templates_may_be_an_object() throws IOException {
        file("tokenizer_config.json", """
                {"chat_template": {"default": "d", "tool_use": "t"}}""");
        assertThat(rendered(PLAIN)).isEqualTo("d");
        assertThat(rendered(WITH_TOOLS)).isEqualTo("t");
    }

    @Test
    void named_templates_may_be_files() throws IOException {
        file("tokenizer_config.json", "{\"chat_template\": \"old\"}");
        file("additional_chat_templates/tool_use.jinja", "t");
        file("additional_chat_templates/rag.jinja", "{% if");
        assertThat(rendered(PLAIN)).isEqualTo("old");
        assertThat(rendered(WITH_TOOLS)).isEqualTo("t");
        file("chat_template.jinja", "d");
        assertThat(rendered(PLAIN)).isEqualTo("d");
        assertThat(rendered(WITH_TOOLS)).isEqualTo("t");
    }

    @Test
    void named_templates_of_a_gguf_file_are_keys() throws IOException {
        Map<String, GgufValue> header = new LinkedHashMap<>();
        header.put("tokenizer.chat_templates", GgufValues.texts(List.of("rag", "tool_use")));
        header.put("tokenizer.chat_template.rag", GgufValues.text("{% if"));
        header.put("tokenizer.chat_template.tool_use", GgufValues.text("t"));
        header.put("tokenizer.chat_template.a/b", GgufValues.text("no name"));
        try (GgufFile file = gguf(folder.resolve("without.gguf"), header)) {
            assertThat(rendered(file, WITH_TOOLS)).isEqualTo("none");
        }
        header.put("tokenizer.chat_template", GgufValues.text("d"));
        try (GgufFile file = gguf(folder.resolve("with.gguf"), header)) {
            assertThat(rendered(file, PLAIN)).isEqualTo("d");
            assertThat(rendered(file, WITH_TOOLS)).isEqualTo("t");
            assertThat(ChatTemplateFile.texts(file.metadata()))
                    .containsExactly(
                            Map.entry("additional_chat_templates/rag.jinja", "{% if"),
                            Map.entry("additional_chat_templates/tool_use.jinja", "t"),
                            Map.entry("chat_template.jinja", "d"));
        }
    }

    @Test
    void a_template_of_its_own_file_has_no_part_in_the_named_ones_of_another() throws IOException {
        file("chat_template.jinja", "d");
        file("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"tool_use\", \"template\": \"t\"}]}");
        assertThat(rendered(WITH_TOOLS)).isEqualTo("d");
        Files.delete(folder.resolve("chat_template.jinja"));
        assertThat(rendered(PLAIN)).isEqualTo("none");
    }
}
