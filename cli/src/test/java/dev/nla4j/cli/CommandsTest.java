package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.ActivationFile;
import dev.nla4j.activation.ActivationRow;
import dev.nla4j.activation.ActivationWriter;
import dev.nla4j.bench.Bench;
import dev.nla4j.bench.Measure;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.hub.HubException;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.hub.Manifest;
import dev.nla4j.hub.StoredFile;
import dev.nla4j.model.Context;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

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
    void a_conversations_file_and_the_command_line_tell_the_template_variables() throws IOException {
        String template = file(
                "t.jinja",
                "{{ messages | length }} {{ tools[0].name }} {{ enable_thinking }} {{ date_string }} {{ k }} {{ n }}");
        String messages = file(
                "m.json",
                "{\"messages\": [{\"content\": \"no role\"}], \"tools\": [{\"name\": \"f\"}],"
                        + " \"enable_thinking\": false, \"date_string\": \"old\","
                        + " \"chat_template_kwargs\": {\"k\": [1]}}");
        String[] render = {"chat", "render", "--template", template, "--messages", messages};
        Run run = Run.of(with(List.of(render), "--var", "date_string=\"a = b\"", "--var", "n={\"m\": null}"));
        assertThat(run).isEqualTo(new Run(0, "1 f False a = b [1] {'m': None}", ""));

        String[] together = {"--var", "chat_template_kwargs={\"n\": 2}", "--var", "n=1"};
        assertThat(Run.of(with(List.of(render), together)).out()).isEqualTo("1 f False old [1] 2");

        for (String wrong : List.of("n", "=1", "date_string=26 Jul", "bos_token=\"<s>\"", "tools=1")) {
            Run refused = Run.of(with(List.of(render), "--var", wrong));
            assertThat(refused.code()).as(wrong).isEqualTo(2);
            assertThat(refused.err()).startsWith("nla: --var").doesNotContain("Exception");
        }
        String own = file("own.json", "{\"messages\": [{}], \"add_generation_prompt\": true}");
        assertBadInput(Run.of("chat", "render", "--template", template, "--messages", own), own);
    }

    @Test
    void an_empty_conversation_is_not_rendered() throws IOException {
        String messages = file("m.json", "[]");
        assertBadInput(
                Run.of("chat", "render", "--template", file("t.jinja", "x"), "--messages", messages),
                "the conversation is empty");
    }

    @Test
    void an_answer_is_asked_for_with_the_templates_variables() throws IOException {
        Path model = RandomPair.tiny("llama").target(folder.resolve("target"));
        Files.writeString(model.resolve("chat_template.jinja"), "{{ messages[0].content * times }}");
        String chat = file("m.json", "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"times\": 2}");
        String[] generate = {"generate", "--model", model.toString(), "--max-new-tokens", "1", "--json"};
        String[] asked = with(List.of(generate), "--chat", chat);
        JsonNode file = Json.parse(folder, Run.of(asked).out());
        JsonNode option = Json.parse(
                folder, Run.of(with(List.of(asked), "--var", "times=9")).out());
        JsonNode text = Json.parse(
                folder, Run.of(with(List.of(generate), "--text", "aa")).out());
        assertThat(file.get("prompt_ids")).isEqualTo(text.get("prompt_ids"));
        assertThat(option.get("prompt_ids").size())
                .isGreaterThan(file.get("prompt_ids").size());

        for (List<String> command : List.of(List.of("explain", "x"), List.of("generate", "--text", "x"))) {
            Run refused = Run.of(with(command, "--var", "times=9"));
            assertThat(refused.code()).isEqualTo(2);
            assertThat(refused.err()).contains("give --chat too");
        }
        String nobodys = file("nobodys.json", "[{\"content\": \"a\"}]");
        for (String command : List.of("explain", "generate")) {
            assertBadInput(Run.of(command, "--chat", nobodys), "nobodys.json: message 0 has no role");
        }
    }

    @Test
    void on_a_terminal_a_rendering_can_not_steer_it_and_elsewhere_it_is_byte_for_byte() throws IOException {
        String template = file("t.jinja", "{% for m in messages %}{{ m.content }}{% endfor %}");
        String messages = file("m.json", "[{\"role\": \"user\", \"content\": \"a\\u001b[2J\\tb\\n\\u202ec\\r\"}]");
        String[] render = {"chat", "render", "--template", template, "--messages", messages};
        assertThat(Run.of(render).out()).isEqualTo("a\u001b[2J\tb\n\u202ec\r");
        System.setProperty("nla.stdout.tty", "true");
        try {
            assertThat(Run.of(render).out()).isEqualTo("a\\u001b[2J\tb\n\\u202ec\\u000d");
        } finally {
            System.clearProperty("nla.stdout.tty");
        }
    }

    @Test
    void a_licence_makes_no_lines_of_its_own() {
        StoredFile file = new StoredFile("config.json", 2, "ab".repeat(32), 0);
        Manifest manifest =
                new Manifest("Own/Model", "hub", "c0ffee", "mit\nsize 7\u001b[2J", Instant.EPOCH, List.of(file));
        assertThat(ModelCommand.lines(ModelCommand.known(new LocalModel("Own/Model", Path.of(LLAMA), manifest))))
                .contains("licence          mit\\u000asize 7\\u001b[2J")
                .allSatisfy(line -> assertThat(line).doesNotContain("\n"));
    }

    /// Extracts one activation a text, after block 1.
    private Run extract(Path target, String lines, Path out, String... more) throws IOException {
        List<String> words = new ArrayList<>(List.of("extract", "--model", target.toString()));
        words.addAll(List.of("--corpus", file("texts.jsonl", lines), "--layer", "1", "--min-position", "2"));
        words.addAll(List.of("--per-doc", "1", "--out", out.toString()));
        words.addAll(List.of(more));
        return Run.of(words.toArray(String[]::new));
    }

    @Test
    void an_extraction_tells_what_it_wrote_and_a_columns_name_can_not_steer_the_terminal() throws IOException {
        Path target = RandomPair.tiny("llama").target(folder.resolve("target"));
        Path out = folder.resolve("acts.parquet");
        Run run = extract(target, "{\"text\": \"the capital of France\"}\n{\"text\": \"a\"}\n", out, "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode document = Json.parse(folder, run.out());
        assertThat(document.path("file").stringValue()).isEqualTo(out.toString());
        assertThat(document.path("rows").intValue()).isEqualTo(1);
        assertThat(document.path("documents").intValue()).isEqualTo(2);
        assertThat(document.path("documents_with_rows").intValue()).isEqualTo(1);
        String bytes = Files.readString(out, StandardCharsets.ISO_8859_1);
        Files.writeString(out, bytes.replace("doc_id", "doc\u001bid"), StandardCharsets.ISO_8859_1);
        Run shown = Run.of("data", "show", out.toString());
        assertThat(shown.code()).as(shown.err()).isZero();
        assertThat(shown.out()).contains("doc\\u001bid").doesNotContain("\u001b");
    }

    @Test
    void an_extraction_holds_the_stream_after_the_block_it_was_told() throws IOException {
        Path target = RandomPair.tiny("llama").target(folder.resolve("target"));
        String text = "the capital of France";
        Path out = folder.resolve("acts.parquet");
        Run run = extract(target, "{\"text\": \"" + text + "\"}\n", out, "--dtype", "fp32");
        assertThat(run.code()).as(run.err()).isZero();
        try (ActivationFile written = ActivationFile.open(out);
                LanguageModel model = ModelLoader.load(target, DType.FP32, ModelLoader.Extent.WHOLE, Progress.NONE);
                Scope _ = Scope.noGrad()) {
            ActivationRow row = written.row(0);
            int[] ids = Arrays.copyOf(model.tokenizer().ids(text, true), (int) row.tokens());
            Tensor embedded = model.decoder().embed(Tensors.ids(new int[][] {ids}));
            Tensor after = model.decoder().residual(embedded, 2, Context.none(), (depth, residual) -> {});
            assertThat(row.layer()).isEqualTo(1);
            assertThat(row.vector()).containsExactly(Tensors.rows(after.select(0, 0))[ids.length - 1], within(1e-4f));
        }
    }

    /// Weights take minutes; here there are none, and nobody asks for them.
    @Test
    void a_block_that_a_model_has_not_is_refused_before_its_weights_are_read() throws IOException {
        Path target = RandomPair.tiny("llama").target(folder.resolve("target"));
        Path out = folder.resolve("acts.parquet");
        try (Stream<Path> files = Files.list(target)) {
            for (Path file :
                    files.filter(f -> f.toString().contains(".safetensors")).toList()) {
                Files.delete(file);
            }
        }
        List<String> command = List.of(
                "extract",
                "--model",
                target.toString(),
                "--corpus",
                file("texts.jsonl", "{\"text\": \"the capital of France\"}\n"),
                "--out",
                out.toString());
        assertBadInput(Run.of(with(command, "--layer", "4")), "layer: must be 0 to 3 (the model has 4 blocks), was 4");
        Run wide = Run.of(with(command, "--layer", "1", "--window", "9999999"));
        assertThat(wide.code()).isEqualTo(2);
        assertThat(wide.err()).contains("--window: must be at most the model's context");
    }

    @Test
    void a_templates_own_error_is_one_line_and_ends_with_1() throws IOException {
        String template = file("t.jinja", "before{{ raise_exception('roles must alternate') }}");
        Run run = Run.of("chat", "render", "--template", template, "--messages", file("m.json", "[{}]"));
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
        String text = "\ufeff a\r\n\tb \n";
        String file = file("t.txt", text);
        Run fromFile = Run.of("tokenize", "--model", TOKENIZER, "--file", file, "--json");
        assertThat(fromFile.code()).isZero();
        assertThat(fromFile).isEqualTo(Run.of("tokenize", "--model", TOKENIZER, "--text", text, "--json"));
    }

    @Test
    void a_conversation_that_is_none_is_a_bad_file() throws IOException {
        String template = file("t.jinja", "x");
        for (String json : new String[] {"{", "", "7", "{\"messages\": 3}", "[7]"}) {
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
    void what_is_wrong_with_a_file_is_said_without_names_of_javas_classes() throws IOException {
        String missing = folder.resolve("missing").toString();
        Path loop = Files.createSymbolicLink(folder.resolve("loop"), folder.resolve("loop"));
        String half = Files.createDirectories(folder.resolve("ar")).toString();
        String texts = file("t.jsonl", "{\"row\": 0, \"text\": \"x\"}");
        for (String bad : List.of(missing, folder.toString(), loop.toString())) {
            List<List<String>> commands = List.of(
                    List.of("explain", "--file", bad),
                    List.of("explain", "--chat", bad),
                    List.of("score", "--activations", bad, "--texts", texts),
                    List.of("score", "--activations", texts, "--texts", bad),
                    List.of("lint", half, "--data", bad),
                    List.of("extract", "--corpus", bad + ".jsonl", "--layer", "1", "--out", "x", "--model", LLAMA));
            for (List<String> command : commands) {
                Run run = Run.of(command.toArray(String[]::new));
                assertThat(run.code()).as(command + run.err()).isEqualTo(3);
                assertThat(run.err() + run.out())
                        .contains(bad)
                        .doesNotContain("Exception")
                        .doesNotContain("null");
            }
        }
        assertBadInput(Run.of("explain", "--file", missing), "there is no such file");
        assertBadInput(Run.of("explain", "--file", folder.toString()), "is a folder");
        assertBadInput(Run.of("explain", "--file", loop.toString()), "links lead in a circle");
    }

    @Test
    void an_adapter_without_its_configuration_is_said_so() throws IOException {
        for (String half : List.of("av", "ar")) {
            Path place = Files.createDirectories(folder.resolve(half));
            Files.writeString(place.resolve("adapter_model.safetensors"), "x");
        }
        Run run = Run.of("lint", folder.toString());
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.out())
                .containsPattern("FAIL +av +adapter .*adapter_config.json.*there is no such file")
                .doesNotContain("Exception");
    }

    @Test
    void a_place_to_write_to_is_checked_before_the_work() throws IOException {
        List<List<String>> commands = List.of(
                List.of("reconstruct", "--text", "x", "--nla", "./no/such/pair"),
                List.of("data", "shuffle", "x.parquet"),
                List.of("train", "compare", "x"));
        for (List<String> command : commands) {
            assertBadInput(Run.of(with(command, "--out", folder.toString())), "is a folder; name a file in it");
            String deep = folder.resolve("a/b/c.x").toString();
            assertBadInput(Run.of(with(command, "--out", deep)), "there is no folder " + folder.resolve("a/b"));
        }
        assertBadInput(
                Run.of("export", "--out", folder.resolve("a/b").toString()),
                "there is no folder " + folder.resolve("a"));
        assertThat(folder).isEmptyDirectory();
    }

    private static String[] with(List<String> command, String... more) {
        return Stream.concat(command.stream(), Stream.of(more)).toArray(String[]::new);
    }

    @Test
    void a_template_that_passes_its_limits_is_a_bad_file_and_one_that_fails_is_a_failure() throws IOException {
        String messages = file("m.json", "[{}]");
        for (String source :
                List.of("{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}", "{% if")) {
            String template = file("t.jinja", source);
            assertBadInput(Run.of("chat", "render", "--template", template, "--messages", messages), "t.jinja");
        }
        Run run = Run.of("chat", "render", "--template", file("t.jinja", "{{ 1 / 0 }}"), "--messages", messages);
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err().lines()).singleElement().asString().doesNotContain("Exception");
    }

    @Test
    void a_repository_that_nobody_delivers_is_one_line_and_all_of_it_with_debug() {
        HubException error = new HubException("a line");
        StringWriter out = new StringWriter();
        assertThat(ExitCode.report(error, false, new PrintWriter(out))).isEqualTo(1);
        assertThat(out.toString()).isEqualTo("nla: a line" + System.lineSeparator());
    }

    /// `nla data chat` with a model of random weights, more options behind.
    private Run dataChat(String prompts, String... more) throws IOException {
        Path target = folder.resolve("target");
        if (!Files.exists(target)) {
            RandomPair.tiny("llama").target(target);
        }
        List<String> arguments = new ArrayList<>(List.of(
                "data",
                "chat",
                "--model",
                target.toString(),
                "--prompts",
                file("prompts.jsonl", prompts),
                "--layer",
                "1",
                "--max-new-tokens",
                "4",
                "--out",
                folder.resolve("chat.parquet").toString(),
                "--json"));
        arguments.addAll(List.of(more));
        return Run.of(arguments.toArray(String[]::new));
    }

    @Test
    void a_prompt_that_its_template_makes_too_long_for_the_tokenizer_is_skipped_and_counted() throws IOException {
        String longest = "a".repeat(Tokenizer.LONGEST_TEXT);
        Run run = dataChat("{\"prompt\": \"" + longest + "\"}\n{\"prompt\": \"hello\"}\n");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("\"prompts\":2,\"skipped\":1");
        String transcripts = Files.readString(folder.resolve("chat.transcripts.jsonl"));
        assertThat(transcripts.lines()).singleElement().asString().contains("\"doc_id\":\"prompts:train:1\"");

        // and tokens of another model are refused when they are read again
        String other = file("other.jsonl", transcripts.replaceAll("\"ids\":\\[[0-9]+", "\"ids\":[1536"));
        String activations = folder.resolve("chat.parquet").toString();
        assertBadInput(Run.of("data", "teach", activations, "--transcripts", other), "other.jsonl: line 1: ids:");
    }

    @Test
    void teaching_several_files_goes_on_behind_those_that_are_done() throws IOException {
        String target =
                RandomPair.tiny("llama").target(folder.resolve("target")).toString();
        String corpus = file("texts.jsonl", "{\"text\": \"one two three four five six\"}\n");
        List<String> files = new ArrayList<>();
        for (String name : List.of("a", "b")) {
            files.add(folder.resolve(name + ".parquet").toString());
            Run run = Run.of(
                    "extract",
                    "--model",
                    target,
                    "--corpus",
                    corpus,
                    "--layer",
                    "1",
                    "--min-position",
                    "0",
                    "--out",
                    files.getLast());
            assertThat(run.code()).as(run.err()).isZero();
        }
        Run alone = Run.of("data", "teach", files.getFirst());
        assertThat(alone.code()).as(alone.err()).isZero();
        // words were counted over one file then: another rule
        assertBadInput(Run.of("data", "teach", files.getFirst(), files.getLast()), "exists already");
        Run first = Run.of("data", "teach", files.getFirst(), files.getLast(), "--restart");
        assertThat(first.code()).as(first.err()).isZero();
        Files.delete(folder.resolve("b_explained.parquet"));
        Run both = Run.of("data", "teach", files.getFirst(), files.getLast(), "--json");
        assertThat(both.code()).as(both.err()).isZero();
        assertThat(both.err()).contains("a_explained.parquet: is there already");
        assertThat(both.out()).contains("b_explained.parquet").doesNotContain("a_explained.parquet");
        assertBadInput(Run.of("data", "teach", files.getFirst(), files.getLast()), "exists already");
    }

    /// Refused before the target is looked for, which is not there.
    @Test
    void files_of_several_targets_or_blocks_are_not_taught_together() throws IOException {
        String first = activations("a", "nobody/one", 1);
        String deeper = activations("b", "nobody/one", 2);
        String other = activations("c", "nobody/two", 1);
        String said = "the first file of nobody/one after block 1; teach them apart, or name the target of both";
        assertBadInput(
                Run.of("data", "teach", first, deeper),
                deeper + ": has activations of nobody/one after block 2, " + said);
        assertBadInput(
                Run.of("data", "teach", first, other),
                other + ": has activations of nobody/two after block 1, " + said);
        String none = folder.resolve("none").toString();
        Run named = Run.of("data", "teach", first, other, "--model", none);
        assertThat(named.code()).as(named.err()).isNotZero();
        assertThat(named.err()).contains(none).doesNotContain("teach them apart");
        assertBadInput(Run.of("data", "teach", first, deeper, "--model", none), said);
    }

    /// Nobody is at that address: whoever asks there ends otherwise.
    @Test
    void a_teacher_whose_estimate_is_over_the_budget_is_not_asked() throws IOException {
        Run run = Run.of(
                "data",
                "teach",
                activations("a", "nobody/one", 1),
                "--teacher",
                "openai",
                "--teacher-model",
                "m",
                "--endpoint",
                "http://127.0.0.1:9",
                "--price",
                "1000000,1000000",
                "--budget",
                "1");
        assertThat(run.code()).as(run.err()).isEqualTo(3);
        assertThat(run.err()).contains("dollars is over the budget of 1.00");
        assertThat(folder.resolve("a_explained.parquet")).doesNotExist();
    }

    private String activations(String name, String target, int layer) throws IOException {
        Path file = folder.resolve(name + ".parquet");
        try (ActivationWriter writer = ActivationWriter.create(file, BaseSidecar.WIDTH)) {
            writer.write(new ActivationRow(12, "some text", new float[] {1, 2, 3, 4}, layer, "texts:train:0"));
        }
        BaseSidecar.write(file, target, layer, 1);
        return file.toString();
    }

    @Test
    void prompts_are_written_with_the_templates_variables() throws IOException {
        Path target = RandomPair.tiny("llama").target(folder.resolve("target"));
        Files.writeString(target.resolve("chat_template.jinja"), "{{ messages[0].content * times }}");
        Path inTheWay = Files.createDirectory(folder.resolve("chat.transcripts.jsonl"));
        String prompt = "{\"prompt\": \"hello\"}\n";
        assertBadInput(dataChat(prompt, "--var", "times=2"), "is a folder");
        Files.delete(inTheWay);
        assertBadInput(dataChat(prompt, "--var", "times=3"), "other settings or prompts");
        Run run = dataChat(prompt, "--var", "times=2");
        assertThat(run.out()).as(run.err()).contains("\"chunks_kept\":1");
    }

    @Test
    void prompts_that_share_an_id_are_refused_by_their_numbers() throws IOException {
        String prompt = "{\"doc_id\": \"x\", \"prompt\": \"hello\"}\n";
        assertBadInput(
                dataChat(prompt + "{\"prompt\": \"hello\"}\n" + prompt), "prompt 3 has the doc_id x of prompt 1");
    }

    @Test
    void an_interrupted_chat_does_not_go_on_with_prompts_of_another_split() throws IOException {
        String prompt = "{\"doc_id\": \"x\", \"split\": \"train\", \"prompt\": \"hello\"}\n";
        Path inTheWay = Files.createDirectory(folder.resolve("chat.transcripts.jsonl"));
        assertBadInput(dataChat(prompt), "is a folder");
        Files.delete(inTheWay);
        assertBadInput(dataChat(prompt.replace("train", "eval")), "other settings or prompts");
        assertThat(dataChat(prompt).out()).contains("\"chunks_kept\":1");
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
    void a_stored_pair_is_shown_without_numbers_and_any_other_folder_needs_them() throws IOException {
        Files.createDirectories(folder.resolve("av"));
        StoredFile file = new StoredFile("av/config.json", 2, "ab".repeat(32), 0);
        Manifest manifest = new Manifest("Own/Pair", "hub", "c0ffee", "mit", Instant.EPOCH, List.of(file));
        String shown =
                ModelCommand.known(new LocalModel("Own/Pair", folder, manifest)).toString();
        assertThat(shown).contains("\"revision\":\"c0ffee\"", "av/config.json").doesNotContain("blocks");
        file("config.json", "{\"model_type\": \"mamba\"}");
        assertThat(ModelCommand.known(new LocalModel("Own/Pair", folder, manifest))
                        .toString())
                .isEqualTo(shown);
        assertBadInput(Run.of("model", "show", folder.toString()), "mamba");
    }

    /// As Gemma 3 1B is: its tokenizer has a token for images, its embedding table ends before it.
    @Test
    void an_added_token_without_an_embedding_is_refused_only_in_a_text_that_has_it() throws IOException {
        Path model = RandomPair.tiny("llama").target(folder.resolve("target"));
        Path file = model.resolve("tokenizer.json");
        ObjectNode tokenizer = (ObjectNode) Json.read(file, 1 << 24);
        for (int id = 1501; id <= 1536; id++) {
            tokenizer
                    .withArray("added_tokens")
                    .addObject()
                    .put("id", id)
                    .put("content", "<added_" + id + ">")
                    .put("special", true);
        }
        Files.writeString(file, tokenizer.toString());
        String[] generate = {"generate", "--model", model.toString(), "--max-new-tokens", "2", "--text"};
        Run run = Run.of(with(List.of(generate), "a <added_1535>"));
        assertThat(run.code()).as(run.err()).isZero();
        assertBadInput(Run.of(with(List.of(generate), "a <added_1536>")), "token 1536: the model has no embedding");
    }

    @Test
    void a_broken_chat_template_is_said_to_who_asks_for_it() throws IOException {
        Path model = RandomPair.tiny("llama").target(folder.resolve("target"));
        Files.writeString(model.resolve("chat_template.jinja"), "{% for");
        Run run = Run.of("generate", "--model", model.toString(), "--max-new-tokens", "2", "--text", "a");
        assertThat(run.code()).as(run.err()).isZero();
        String chat = file("m.json", "[{\"role\": \"user\", \"content\": \"a\"}]");
        assertBadInput(Run.of("generate", "--model", model.toString(), "--chat", chat), "chat_template.jinja");
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

    @Test
    void the_control_of_a_text_is_the_next_text_of_another_row() {
        assertThat(ScoreCommand.others(new int[] {0, 0, 1, 1, 2})).containsExactly(2, 2, 4, 4, 0);
        assertThat(ScoreCommand.others(new int[] {0, 1, 1, 0})).containsExactly(1, 3, 3, 1);
        assertThat(ScoreCommand.others(new int[] {4, 7})).containsExactly(1, 0);
        assertThat(ScoreCommand.others(new int[] {3, 3, 3})).isEmpty();
        assertThat(ScoreCommand.others(new int[] {3})).isEmpty();
    }

    @Test
    void the_fve_on_a_terminal_is_one_less_the_squared_error_over_the_denominator() {
        assertThat(ExplanationView.scores(0.75, OptionalDouble.of(0.25))).isEqualTo("cos  0.75  FVE -1.00 ··········");
        assertThat(ExplanationView.scores(0.75, OptionalDouble.of(1))).isEqualTo("cos  0.75  FVE  0.50 █████·····");
        assertThat(ExplanationView.scores(0.75, OptionalDouble.empty())).isEqualTo("cos  0.75");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void a_file_takes_no_pipes_or_devices_place() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        assertBadInput(Run.of("reconstruct", "--text", "x", "--out", pipe.toString()), "is a device or a pipe");
        assertThatThrownBy(() -> AtomicFile.writeString(pipe, "x")).hasMessageContaining("is a device or a pipe");
        assertThat(Files.isRegularFile(pipe)).isFalse();
    }

    /// Messages repeat what files, servers and models say.
    @Test
    void an_error_can_not_steer_the_terminal() {
        StringWriter err = new StringWriter();
        int code = ExitCode.report(new InputException("a\u001b[2Jb\nc\u202ed"), false, new PrintWriter(err));
        assertThat(code).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString()).isEqualToNormalizingNewlines("nla: a\\u001b[2Jb\nc\\u202ed\n");
    }

    /// What the peers' script prints, cut to a few rows.
    @Test
    void figures_of_peers_become_ratios_of_the_same_work() throws IOException {
        Path peers = folder.resolve("peers.json");
        Files.writeString(peers, """
                {"versions": {"torch": "2.15.0"}, "machine": {"threads": 1, "cores": 2},
                 "work": {"extract": {"value": 2000.0, "unit": "tokens/s"},
                          "decode_hf": {"value": 20.0}, "decode_llama_cpp": {"value": 50.0}}}
                """);
        JsonNode read = BenchCommand.peers(peers);
        Measure three = new Measure(6000, new double[] {2, 1, 4});
        assertThat(BenchCommand.ratios(new Bench.Row("extract", "tokens/s", "bf16", three, 0.5, "roof"), read))
                .isEqualTo(Map.of("extract", 1.5));
        assertThat(BenchCommand.ratios(new Bench.Row("extract_lora8", "tokens/s", "bf16", three, 0.5, "roof"), read))
                .isEqualTo(Map.of("extract", 1.5));
        Measure slow = new Measure(64, new double[] {3.2});
        assertThat(BenchCommand.ratios(new Bench.Row("decode", "tokens/s", "bf16", slow, 0.5, "roof"), read))
                .isEqualTo(Map.of("decode_hf", 1.0, "decode_llama_cpp", 0.4));
        assertThat(BenchCommand.ratios(new Bench.Row("reconstruct", "texts/s", "bf16", slow, 0.5, "roof"), read))
                .isEmpty();
        Files.writeString(peers, "{\"machine\": {\"threads\": 4096}, \"work\": {}}");
        assertThatThrownBy(() -> BenchCommand.peers(peers)).hasMessageContaining("machine.threads: is 4096");
        Files.writeString(peers, "{\"work\": {\"extract\": {\"value\": 2000}}}");
        assertThatThrownBy(() -> BenchCommand.peers(peers)).hasMessageContaining("machine.threads: must say");
        for (String odd : new String[] {"1.5", "\"2\"", "99999999999", "0"}) {
            Files.writeString(
                    peers, "{\"machine\": {\"threads\": " + odd + "}, \"work\": {\"extract\": {\"value\": 1}}}");
            assertThatThrownBy(() -> BenchCommand.peers(peers))
                    .hasMessageContaining("machine.threads: must say")
                    .hasMessageEndingWith("is " + odd);
        }
        Files.writeString(peers, "{\"work\": {\"extract\": {\"value\": 1e999}}}");
        assertThatThrownBy(() -> BenchCommand.peers(peers)).hasMessageContaining("extract");
        Files.writeString(peers, "{\"work\": {\"extract\": {\"value\": 0}}}");
        assertThatThrownBy(() -> BenchCommand.peers(peers)).hasMessageContaining("work.extract.value");
    }
}
