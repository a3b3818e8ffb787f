package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.nla4j.train.MetricsLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The small form of the whole way, from texts to a pair, as CI runs it. Nothing more is claimed of what it learns than
/// what is asked here.
class TrainAllTest {
    @TempDir
    Path folder;

    private Run all(String... more) {
        Path root = DefaultModel.root();
        List<String> command = new ArrayList<>(List.of(
                "train",
                "all",
                "--config",
                root.resolve("configs/smollm2-l20.yaml").toString(),
                "--tiny",
                "--corpus",
                texts().toString(),
                "--set",
                "folder=" + folder.resolve("run")));
        command.addAll(List.of(more));
        return Run.of(command.toArray(String[]::new));
    }

    /// A copy, so that it can change.
    private Path texts() {
        Path copy = folder.resolve("documents.jsonl");
        try {
            if (!Files.exists(copy)) {
                Files.copy(DefaultModel.root().resolve("configs/tiny/documents.jsonl"), copy);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return copy;
    }

    private List<MetricsLog.Line> metrics(String part) throws IOException {
        return MetricsLog.read(folder.resolve("run").resolve(part).resolve("metrics.jsonl"));
    }

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void texts_become_a_pair_that_beats_its_controls_and_what_is_done_is_passed_over() throws IOException {
        DefaultModel.required();
        Instant start = Instant.now();
        Run run = all();
        System.out.println("from texts to a pair: " + Duration.between(start, Instant.now()));
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("nla: preflight: error ");
        requireFalls("sft-av");
        requireFalls("sft-ar");
        Map<String, Double> before = metrics("sft-av").getFirst().values();
        Map<String, Double> after = metrics("sft-av").getLast().values();
        assertThat(after.get("eval/loss"))
                .isLessThan(before.get("eval/loss"))
                .isLessThan(after.get("eval/loss_shuffled"));
        Map<String, Double> read = metrics("sft-ar").getLast().values();
        assertThat(read.get("fve"))
                .isGreaterThan(metrics("sft-ar").getFirst().values().get("fve"))
                .isGreaterThan(read.get("fve_mean_vector"))
                .isGreaterThan(read.get("fve_shuffled"));
        assertThat(folder.resolve("run/export/manifest.json")).exists();
        assertThat(run.err())
                .containsPattern("pair/av: .*held-out cross entropy [0-9.]+ \\(with other rows' activations [0-9.]+\\)")
                .containsPattern(
                        "pair/ar: .*held-out FVE \\S+ \\(no text \\S+, mean vector \\S+, other rows' texts \\S+, rawvar")
                .containsPattern(
                        "pair-rl: .*held-out FVE \\S+ \\(last four tokens alone \\S+, mean vector \\S+, nearest activation"
                                + " \\S+, reworded \\S+, same token \\S+, second critic \\S+, other rows' texts \\S+, rawvar");

        Run again = all();
        assertThat(again.code()).as(again.err()).isZero();
        assertThat(again.err()).contains("extract: is done", "sft av: is done", "export: is done");
        Run listed = all("--dry-run");
        assertThat(listed.out().lines().filter(line -> !line.startsWith("# ")))
                .hasSize(stagesDone())
                .allMatch(line -> line.startsWith("done "));
        Run other = all("--set", "pipeline.layer=19");
        assertThat(other.code()).isEqualTo(3);
        assertThat(other.err()).contains("stage extract was done as", "folder of its own");

        // As if it had been cut off in the midst of joint learning.
        Files.delete(folder.resolve("run/stages/rl.json"));
        Run goneOn = all();
        assertThat(goneOn.code()).as(goneOn.err()).isZero();
        assertThat(goneOn.err()).containsPattern("train rl .*--resume").contains("export: is done");

        Files.writeString(texts(), "{\"text\": \"one more\"}\n", StandardOpenOption.APPEND);
        Run changed = all();
        assertThat(changed.code()).isEqualTo(3);
        assertThat(changed.err()).contains("stage extract read", "give these texts a folder of their own");
    }

    /// The loss of the last quarter of the steps is below that of the first.
    private void requireFalls(String part) throws IOException {
        List<Double> losses = metrics(part).stream()
                .flatMap(line -> Stream.ofNullable(line.values().get("loss")))
                .toList();
        int quarter = losses.size() / 4;
        assertThat(quarter).isPositive();
        assertThat(mean(losses.subList(losses.size() - quarter, losses.size())))
                .as(part)
                .isLessThan(mean(losses.subList(0, quarter)));
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(value -> value).average().orElseThrow();
    }

    private int stagesDone() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("run/stages"))) {
            return (int) files.count();
        }
    }

    /// Said before hours of reading, not after them.
    @Test
    void a_target_that_no_prompt_can_be_built_for_is_refused_before_the_first_stage() throws IOException {
        Path target = RandomPair.tiny("llama").target(folder.resolve("target"));
        Files.delete(target.resolve("chat_template.jinja"));
        Run run = all("--set", "target.model=" + target, "--set", "pipeline.layer=1");
        assertThat(run.code()).as(run.err()).isEqualTo(3);
        assertThat(run.err()).contains("has no chat template");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    /// Up to the training, which has nothing to learn here.
    @Test
    void another_teacher_explains_behind_an_api_and_one_that_cannot_be_asked_is_refused_at_once() throws IOException {
        Path target = RandomPair.tiny("llama").target(folder.resolve("target"));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        List<String> asked = new CopyOnWriteArrayList<>();
        server.createContext("/", exchange -> {
            try (exchange) {
                asked.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
                byte[] answer = ("{\"choices\": [{\"message\": {\"content\": \"<analysis>\\n- told by number "
                                + asked.size()
                                + "\\n- a second feature\\n</analysis>\"}, \"finish_reason\": \"stop\"}]}")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
            }
        });
        server.start();
        try {
            String[] options = {
                "--set",
                "target.model=" + target,
                "--set",
                "pipeline.layer=1",
                "--set",
                "pipeline.teach={teacher: openai, teacher-model: m, concurrency: 1, endpoint: 'http://127.0.0.1:"
                        + server.getAddress().getPort() + "'}",
                "--set",
                "pipeline.build.critic-template=<text> Read {explanation}",
                "--set",
                "train.sft.av.steps=2",
                "--set",
                "train.sft.ar.steps=2"
            };
            Run unnamed = all(with(options, "--set", "pipeline.teach.teacher-model="));
            assertThat(unnamed.code()).as(unnamed.err()).isEqualTo(3);
            assertThat(unnamed.err()).contains("pipeline.teach: --teacher-model: say which model");
            Run unread = all(with(options, "--set", "pipeline.teach.price=1"));
            assertThat(unread.code()).as(unread.err()).isEqualTo(3);
            assertThat(unread.err()).contains("pipeline.teach: --price: must be two numbers");
            Run template = all(with(options, "--set", "pipeline.build.critic-template=no place"));
            assertThat(template.code()).as(template.err()).isEqualTo(3);
            assertThat(template.err()).contains("{explanation}");
            assertThat(folder.resolve("run")).doesNotExist();
            assertThat(asked).isEmpty();

            Run taught = all(options);
            assertThat(folder.resolve("run/stages/sft-ar.json"))
                    .as(taught.err())
                    .exists();
            Run shown = Run.of(
                    "data", "show", folder.resolve("run/data/ar_sft.parquet").toString());
            assertThat(shown.out()).contains("told by number", "Read ");
            int before = asked.size();
            all(with(options, "--set", "pipeline.teach.per-minute=10"));
            assertThat(asked).hasSize(before);
        } finally {
            server.stop(0);
        }
    }

    private static String[] with(String[] options, String... more) {
        return Stream.of(options, more).flatMap(Stream::of).toArray(String[]::new);
    }

    @Test
    void texts_that_are_refused_before_the_first_stage_leave_no_folder() throws IOException {
        Path target = RandomPair.tiny("llama").target(folder.resolve("target"));
        Files.writeString(texts(), "{\"text\": \"a\"}\n");
        Run run = all("--set", "target.model=" + target, "--set", "pipeline.layer=1");
        assertThat(run.code()).as(run.err()).isEqualTo(3);
        assertThat(run.err()).contains("hold-out");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    @Tag("model")
    void a_dry_run_says_what_is_to_do_and_texts_must_be_named() throws IOException {
        DefaultModel.required();
        Run listed = all("--dry-run");
        assertThat(listed.code()).as(listed.err()).isZero();
        assertThat(listed.out())
                .contains("to do  nla extract", "nla train sft --role av", "nla export")
                .containsPattern("# train rl: estimate.* s a step");
        assertThat(folder.resolve("run")).doesNotExist();
        // as supervised training leaves it in its midst
        Files.createDirectories(folder.resolve("run/pair/av"));
        assertThat(all("--dry-run").code()).isZero();
        Run above = all("--dry-run", "--set", "pipeline.layer=30", "--set", "pipeline.per-document=1");
        assertThat(above.code()).isEqualTo(3);
        assertThat(above.err()).contains("pipeline.layer: must be 0 to 29", "was 30");
        Run huge = Run.of(
                "train",
                "rl",
                "--config",
                DefaultModel.root().resolve("configs/smollm2-l20.yaml").toString(),
                "--set",
                "train.rl.max-new-tokens=100000");
        assertThat(huge.code()).as(huge.err()).isEqualTo(4);
        assertThat(huge.err()).contains("joint training");
        // Trying out fetches nothing.
        Run absent = all("--dry-run", "--set", "target.model=nobody/has-this-model");
        assertThat(absent.code()).as(absent.err()).isZero();
        assertThat(absent.out()).contains("estimate: none yet, as nobody/has-this-model is not on this machine");
        Path config = folder.resolve("bare.yaml");
        Files.writeString(config, "folder: " + folder.resolve("x") + "\n");
        Run bare = Run.of("train", "all", "--config", config.toString());
        assertThat(bare.code()).isEqualTo(3);
        assertThat(bare.err()).contains("pipeline.corpus is missing");
        Run tiny = Run.of("train", "all", "--config", config.toString(), "--tiny");
        assertThat(tiny.code()).isEqualTo(3);
        assertThat(tiny.err()).contains("variants.tiny");
    }
}
