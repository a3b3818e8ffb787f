package dev.nla4j.train.sft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerbalizerTaskTest {
    @TempDir
    Path folder;

    /// As Phi-3's template, which ends the whole text behind the last turn; `<|eot_id|>` is 2, `<|pad|>` 0.
    @Test
    void an_answer_ends_with_the_first_stop_id_behind_it() throws IOException {
        assertThat(endOfTurn("{{ m.content }}<|eot_id|>\n", "<|pad|>")).containsExactly(2);
        assertThat(endOfTurn("{{ m.content }}<|pad|>", "<|eot_id|>")).containsExactly(0);
        assertThat(endOfTurn("{{ m.content if m.role == 'user' }}<|eot_id|>", "<|pad|>"))
                .as("no answer in the text")
                .containsExactly(2);
    }

    @Test
    void a_stop_id_before_the_answer_does_not_end_it() throws IOException {
        String turn = "{{ '<|pad|>' if m.role == 'user' }}{{ m.content }}{{ '<|eot_id|>' if m.role == 'assistant' }}";
        assertThat(endOfTurn(turn, "<|pad|>")).containsExactly(2);
    }

    @Test
    void an_answer_that_the_template_does_not_end_has_the_smallest_stop_id_behind_it() throws IOException {
        assertThat(endOfTurn("<|eot_id|>{{ m.content }}", "")).containsExactly(0);
    }

    private int[] endOfTurn(String turn, String end) throws IOException {
        Path model = Files.createTempDirectory(folder, "model");
        TinyTask.in(model).close();
        Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\": [2, 0]}");
        Files.writeString(
                model.resolve("chat_template.jinja"), "{% for m in messages %}" + turn + "{% endfor %}" + end);
        try (TinyTask task = TinyTask.at(model)) {
            return VerbalizerTask.endOfTurn(task.model());
        }
    }
}
