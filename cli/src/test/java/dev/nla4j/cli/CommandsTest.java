package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandsTest {
    private static final Path RESOURCES = Path.of("../core/src/test/resources");
    private static final String TOKENIZER =
            RESOURCES.resolve("tokenizer/contract-gemma3/tokenizer.json").toString();
    private static final String LLAMA = RESOURCES.resolve("golden/llama").toString();

    @TempDir
    Path folder;

    @Test
    void chat_render_prints_the_rendering_and_nothing_else() throws IOException {
        String template = file(
                "t.jinja",
                "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}|"
                        + "{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}{{ strftime_now('%Y') }}é㈎");
        String messages = file("m.json", "{\"messages\": [{\"role\": \"user\", \"content\": \" a\\nb \"}]}");
        Run run = Run.of(
                "chat",
                "render",
                "--template",
                template,
                "--messages",
                messages,
                "--bos",
                "<s>",
                "--date",
                "2020-02-03",
                "--add-generation-prompt");
        assertThat(run).isEqualTo(new Run(0, "<s>user:  a\nb |assistant:2020é㈎", ""));
    }

    @Test
    void a_templates_own_error_is_one_line_and_ends_with_1() throws IOException {
        String template = file("t.jinja", "before{{ raise_exception('roles must alternate') }}");
        Run run = Run.of("chat", "render", "--template", template, "--messages", file("m.json", "[]"));
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines()).singleElement().asString().contains("roles must alternate");
    }

    @Test
    void the_empty_text_has_no_tokens() {
        assertThat(Run.of("tokenize", "--model", TOKENIZER, "--text", "", "--json"))
                .isEqualTo(new Run(0, "{\"ids\":[],\"tokens\":[]}\n", ""));
        assertThat(Run.of("tokenize", "--model", TOKENIZER, "--text", "")).isEqualTo(new Run(0, "", ""));
        assertThat(Run.of("tokenize", "--model", TOKENIZER, "--text", "", "--special", "--json")
                        .out())
                .startsWith("{\"ids\":[1],");
    }

    @Test
    void a_file_is_tokenized_byte_for_byte() throws IOException {
        String text = " a\r\n\tb \n";
        String file = file("t.txt", text);
        Run fromFile = Run.of("tokenize", "--model", TOKENIZER, "--file", file, "--json");
        assertThat(fromFile.code()).isZero();
        assertThat(fromFile).isEqualTo(Run.of("tokenize", "--model", TOKENIZER, "--text", text, "--json"));
    }

    @Test
    void a_conversation_that_is_none_is_a_bad_file() throws IOException {
        String template = file("t.jinja", "x");
        for (String json : new String[] {"{", "", "7", "{\"messages\": 3}", "[{\"content\": \"x\"}]", "[7]"}) {
            String messages = file("m.json", json);
            assertBadInput(Run.of("chat", "render", "--template", template, "--messages", messages), messages);
        }
    }

    @Test
    void a_file_that_is_not_there_or_not_utf8_is_a_bad_file() throws IOException {
        String missing = folder.resolve("missing").toString();
        String latin = Files.write(folder.resolve("latin"), "é".getBytes(StandardCharsets.ISO_8859_1))
                .toString();
        String directory = folder.toString();
        for (String bad : new String[] {missing, latin, directory}) {
            assertBadInput(Run.of("tokenize", "--model", TOKENIZER, "--file", bad), bad);
            assertBadInput(Run.of("explain", "--file", bad), bad);
            assertBadInput(Run.of("explain", "--chat", bad), bad);
            assertBadInput(Run.of("chat", "render", "--template", bad, "--messages", file("m.json", "[]")), bad);
        }
    }

    @Test
    void an_empty_text_cannot_be_explained() throws IOException {
        assertBadInput(Run.of("explain", ""), "empty");
        assertBadInput(Run.of("explain", "--file", file("empty.txt", "")), "empty");
    }

    @ParameterizedTest
    @ValueSource(strings = {"./no/such/model", "/no/such/model.gguf", "../core/src/test/resources/chat"})
    void a_model_that_is_none_is_bad_input(String model) {
        String name = Path.of(model).getFileName().toString();
        assertBadInput(Run.of("generate", "--model", model, "--text", "x"), name);
        assertBadInput(Run.of("model", "show", model), name);
    }

    @Test
    void debug_adds_the_stack_trace() throws IOException {
        String bad = folder.resolve("missing").toString();
        Run run = Run.of("tokenize", "--model", TOKENIZER, "--file", bad, "--debug");
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).contains("\tat dev.nla4j").contains(bad);
    }

    @Test
    void a_model_is_shown_from_its_path() {
        Run run = Run.of("model", "show", LLAMA, "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("\"family\":\"llama\"").contains("\"blocks\":7");
    }

    @Test
    void a_golden_that_holds_ends_with_0_and_says_how_its_frequencies_were() {
        Run run = Run.of("model", "verify", LLAMA, "--golden", LLAMA + "/golden.safetensors");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("hidden_7").contains("rounded to bf16").endsWith("holds\n");
        Run json = Run.of("model", "verify", LLAMA, "--golden", LLAMA + "/golden.safetensors", "--json");
        assertThat(json.out()).contains("\"holds\":true").contains("\"rope_frequencies\":\"bf16\"");
        assertThat(json.out().lines()).hasSize(1);
    }

    @Test
    void a_golden_of_another_model_ends_with_1() throws IOException {
        for (String name : new String[] {"config.json", "model.safetensors"}) {
            Files.copy(Path.of(LLAMA, name), folder.resolve(name));
        }
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("\"silu\"", "\"gelu\""));
        Run run = Run.of("model", "verify", folder.toString(), "--golden", LLAMA + "/golden.safetensors");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("OVER").endsWith("does not hold\n");
    }

    @Test
    void a_file_that_is_no_golden_is_bad_input() {
        assertBadInput(Run.of("model", "verify", LLAMA, "--golden", LLAMA + "/model.safetensors"), "not a golden file");
    }

    private static void assertBadInput(Run run, String said) {
        assertThat(run.code()).as(run.err()).isEqualTo(3);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines())
                .singleElement()
                .asString()
                .startsWith("nla: ")
                .contains(said);
    }

    private String file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content).toString();
    }
}
