package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.Message;
import dev.nla4j.chat.RenderOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatTemplateFileTest {
    @TempDir
    Path folder;

    /// The tokenizer of transformers reads the first two and never the last.
    @Test
    void the_template_is_of_its_own_file_before_the_tokenizers_before_the_processors() throws IOException {
        assertThat(ChatTemplateFile.in(folder)).isNull();
        write("chat_template.json", "{\"chat_template\": \"processor\"}");
        assertThat(rendered()).isEqualTo("processor");
        write("tokenizer_config.json", "{}");
        assertThat(rendered()).isEqualTo("processor");
        write("tokenizer_config.json", "{\"chat_template\": \"tokenizer\"}");
        assertThat(rendered()).isEqualTo("tokenizer");
        write("chat_template.jinja", "jinja");
        assertThat(rendered()).isEqualTo("jinja");
    }

    private void write(String name, String content) throws IOException {
        Files.writeString(folder.resolve(name), content);
    }

    private String rendered() {
        ChatTemplate template = ChatTemplateFile.in(folder);
        assertThat(template).isNotNull();
        return template.render(RenderOptions.of(List.of(Message.of("user", "a"))));
    }
}
