package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.InputException;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.RunConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
    @TempDir
    Path folder;

    private long now;

    private String drawn(boolean talks, int columns, Drawing drawing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            drawing.draw(new TrainView(new LiveLine(new Terminal(columns, false, talks), err, () -> now)));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private interface Drawing {
        void draw(TrainView view);
    }

    @Test
    void the_live_line_shows_what_is_logged_and_the_time_left() {
        String drawn = drawn(true, 160, view -> {
            view.show(10, 100, Map.of());
            now = 20_000_000_000L;
            view.show(
                    20,
                    100,
                    Map.of(
                            "loss",
                            1.23456,
                            "fve",
                            0.4,
                            "kl",
                            0.01,
                            "entropy",
                            2.5,
                            "length",
                            51.25,
                            "truth",
                            0.75,
                            "tokens_per_second",
                            417.4,
                            "own",
                            3.0));
            view.end();
        });
        assertThat(drawn)
                .endsWith("step 20/100  2 min 40 s left  loss 1.2346  FVE 0.400  KL 0.0100  entropy 2.500"
                        + "  length 51.3  truth 0.750  tokens/s 417" + System.lineSeparator());
    }

    @Test
    void all_of_the_live_line_fits_a_usual_terminal_and_what_is_measured_seldom_stays() {
        String drawn = drawn(true, 80, view -> {
            view.show(10, 158, Map.of("fve", 0.4123));
            now = 20_000_000_000L;
            view.show(
                    149,
                    158,
                    Map.of(
                            "loss",
                            0.0312,
                            "kl",
                            0.0451,
                            "entropy",
                            1.234,
                            "length",
                            43.3,
                            "truth",
                            0.312,
                            "tokens_per_second",
                            123.4));
            view.end();
        });
        assertThat(drawn)
                .endsWith("149/158 1s loss 0.031 FVE 0.41 KL 0.045 H 1.23 len 43 truth 0.31 tok/s 123"
                        + System.lineSeparator());
    }

    @Test
    void the_live_line_is_cut_to_a_narrow_terminal() {
        assertThat(drawn(true, 12, view -> view.show(1, 2, Map.of("loss", 1.0))))
                .isEqualTo("\r\u001b[K1/2 loss 1.");
    }

    @Test
    void a_log_gets_a_whole_line_a_minute_and_the_last_one() {
        String logged = drawn(false, 12, view -> {
            for (int step = 1; step <= 5; step++) {
                view.show(step, 5, Map.of("loss", 1.0));
                now += 40_000_000_000L;
            }
            view.end();
        });
        assertThat(logged.lines())
                .containsExactly(
                        "step 1/5  loss 1.0000", "step 3/5  1 min 20 s left  loss 1.0000", "step 5/5  loss 1.0000");
    }

    @Test
    void a_run_that_stops_early_ends_with_its_last_step() {
        String logged = drawn(false, 12, view -> {
            view.show(1, 60, Map.of());
            view.show(2, 60, Map.of());
            view.show(3, 60, Map.of());
            view.end();
        });
        assertThat(logged.lines()).hasSize(2).last().asString().startsWith("step 3/60");
    }

    @Test
    void the_live_line_is_drawn_a_few_times_a_second_and_at_the_end() {
        String drawn = drawn(true, 80, view -> {
            for (int step = 1; step <= 100; step++) {
                now += 10_000_000;
                view.show(step, 100, Map.of());
            }
        });
        assertThat(drawn.split("\r", -1)).hasSize(1 + 1 + 4 + 1);
        assertThat(drawn).endsWith("step 100/100");
    }

    @Test
    void runs_are_compared_on_one_page() throws IOException {
        Path a = Files.createDirectory(folder.resolve("a"));
        Path b = Files.createDirectory(folder.resolve("b"));
        Files.writeString(a.resolve("metrics.jsonl"), "{\"step\":1,\"loss\":2.5,\"eval/fve\":0.5}\n");
        Files.writeString(b.resolve("metrics.jsonl"), "{\"step\":1,\"loss\":1.5}\n");
        Path out = folder.resolve("page.html");
        Run run = Run.of("train", "compare", a.toString(), b.toString(), "--out", out.toString());
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).isEqualTo(a + "\n\n| step | 1 |\n| --- | ---: |\n| eval/fve | 0.500 |\n\n");
        assertThat(run.err()).contains("curves of 2 runs");
        assertThat(out).content().contains("<td>loss</td><td>2.5000</td><td>1.5000</td>");
    }

    @Test
    void a_folder_that_is_no_run_ends_with_3_and_a_missing_one_with_2() {
        Run run = Run.of(
                "train",
                "compare",
                folder.toString(),
                "--out",
                folder.resolve("x.html").toString());
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).contains("is no run's folder");
        assertThat(Run.of("train", "compare").code()).isEqualTo(2);
        assertThat(Run.of("train").code()).isEqualTo(2);
    }

    @Test
    @Tag("model")
    void a_dry_run_shows_every_key_and_refuses_unknown_ones() throws IOException {
        DefaultModel.required();
        Path config = folder.resolve("run.yaml");
        Files.writeString(config, "folder: runs/x\ntrain: {sft: {av: {steps: 7}}}\n");
        String[] command = {"train", "sft", "--role", "av", "--dry-run", "--config", config.toString()};
        Run run = Run.of(command);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("steps: 7")
                .contains("rank: 32")
                .contains("held-out:")
                .contains("# estimate: ");
        List<String> three = new ArrayList<>(List.of(command));
        three.addAll(List.of("--processes", "3"));
        assertThat(Run.of(three.toArray(String[]::new)).out())
                .containsPattern("all together about [0-9.]+ GB \\(3 processes ");
        String[] wrong = java.util.Arrays.copyOf(command, command.length + 2);
        wrong[command.length] = "--set";
        wrong[command.length + 1] = "train.sft.av.stepz=3";
        Run refused = Run.of(wrong);
        assertThat(refused.code()).isEqualTo(3);
        assertThat(refused.err()).contains("train.sft.av.stepz").contains("steps");
    }

    @Test
    void joint_learning_refuses_a_divergence_without_gradient_and_keys_it_does_not_know() throws IOException {
        Path config = folder.resolve("run.yaml");
        Files.writeString(config, "folder: runs/x\ntrain: {rl: {kl: {kind: k1}}}\n");
        Run k1 = Run.of("train", "rl", "--config", config.toString());
        assertThat(k1.code()).isEqualTo(3);
        assertThat(k1.err()).contains("train.rl.kl.kind: k1").contains("use exact, k2 or k3");
        String right = "train.rl.kl.kind=k3";
        Run unknown =
                Run.of("train", "rl", "--config", config.toString(), "--set", right, "--set", "train.rl.methode=grpo");
        assertThat(unknown.code()).isEqualTo(3);
        assertThat(unknown.err()).contains("train.rl.methode").contains("did you mean method?");
        Run method =
                Run.of("train", "rl", "--config", config.toString(), "--set", right, "--set", "train.rl.method=ppo");
        assertThat(method.code()).isEqualTo(3);
        assertThat(method.err()).contains("train.rl.method: must be one of grpo, best-of-n, was ppo");
        Run critic = Run.of(
                "train",
                "rl",
                "--config",
                config.toString(),
                "--set",
                right,
                "--set",
                "train.rl.held-out-critic=nowhere");
        assertThat(critic.code()).isEqualTo(3);
        assertThat(critic.err()).contains("train.rl.held-out-critic: nowhere");
    }

    @Test
    void the_whole_way_refuses_at_once_what_its_last_stages_would_refuse() throws IOException {
        Path config = folder.resolve("run.yaml");
        Files.writeString(config, "folder: " + folder.resolve("x") + "\npipeline: {corpus: texts}\n");
        for (String[] each : new String[][] {
            {"train.sft.ar.rank=0", "train.sft.ar.rank: must be above 0"},
            {"train.sft.av.affine-injection=true", "train.sft.av.affine-injection: must be false"},
            {"train.sft.ar.affine-injection=true", "affine-injection: is for the verbalizer"},
            {"train.sft.av.own-samples=0.5", "are for the reconstructor, train.sft.ar"},
            {"train.rl.temperature=0.7", "temperature: must be 1 with method grpo"},
            {"train.rl.prompts-per-step=100000000", "prompts-per-step times group-size: must be <="},
            {"pipeline.fractions=\"0.5,0.5,0\"", "pipeline.fractions: must all be above 0"},
            {"pipeline.fractions=\"0.6,0.2,0.1\"", "pipeline.fractions: must be 0 or more and add up to 1"},
            {"pipeline.fractions=\"a,b\"", "pipeline.fractions: must be three numbers"},
            {"data.av=other.parquet", "data: train all makes its own files"},
            {"data.rl=other.parquet", "data: train all makes its own files"},
            {"data.transcripts=other.jsonl", "data: train all makes its own files"},
            {"train.rl.warm-start=nowhere", "train.rl.warm-start: nowhere: is not a pair"},
            {"train.rl.held-out-critic=nowhere", "train.rl.held-out-critic: nowhere"}
        }) {
            Run run = Run.of("train", "all", "--config", config.toString(), "--set", each[0], "--dry-run");
            assertThat(run.code()).as(each[0]).isEqualTo(3);
            assertThat(run.err()).contains(each[1]);
        }
        assertThat(folder.resolve("x")).doesNotExist();
    }

    @Test
    void the_configuration_to_copy_can_be_tried_out() throws IOException {
        Files.writeString(folder.resolve("a.txt"), "Some words.");
        Run run = Run.of(
                "train",
                "all",
                "--config",
                "../configs/own.yaml",
                "--corpus",
                folder.resolve("a.txt").toString(),
                "--set",
                "folder=" + folder.resolve("x"),
                "--set",
                "pipeline.hold-out=0.9",
                "--dry-run");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).startsWith("to do  nla extract");
    }

    /// A pair that the stages make first need not be there; another one must suit what they make.
    @Test
    void named_halves_are_looked_at_before_the_work() {
        String pair = Path.of("../models/smollm2-135m-l20-rl").toAbsolutePath().toString();
        requireNamed(20, "warm-start=" + folder.resolve("pair"), "held-out-critic=" + folder.resolve("pair/ar"));
        requireNamed(20, "warm-start=" + pair, "held-out-critic=" + pair + "/ar");
        for (String key : new String[] {"warm-start=" + pair, "held-out-critic=" + pair + "/ar"}) {
            assertThatThrownBy(() -> requireNamed(5, key))
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith("train.rl." + key.substring(0, key.indexOf('=')))
                    .hasMessageEndingWith("after block 20, this run's are after block 5");
        }
    }

    @Test
    void a_run_does_not_begin_with_the_pair_that_it_will_write_over() {
        String own = folder.resolve("pair-rl").toString();
        for (String key : new String[] {"warm-start=" + own, "held-out-critic=" + own + "/ar"}) {
            assertThatThrownBy(() -> requireNamed(20, key))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("is where this run leaves its pair");
        }
    }

    private void requireNamed(int layer, String... keys) {
        ConfigTree tree = ConfigTree.empty().set("folder=" + folder);
        for (String key : keys) {
            tree = tree.set("train.rl." + key);
        }
        RlRun.requireNamed(RunConfig.read(tree.section()), OptionalInt.of(layer));
    }

    @Test
    void more_processes_than_a_step_has_work_for_are_refused_before_anything_is_loaded() throws IOException {
        Path config = folder.resolve("run.yaml");
        Files.writeString(config, "folder: " + folder.resolve("x") + "\npipeline: {corpus: texts}\n");
        for (String[] each : new String[][] {
            {"all", "train.rl.prompts-per-step=2", "train.rl.prompts-per-step, which is 2"},
            {"all", "train.sft.ar.batch=2", "train.sft.ar.batch, which is 2"},
            {"rl", "train.rl.prompts-per-step=2", "train.rl.prompts-per-step, which is 2"}
        }) {
            Run run = Run.of("train", each[0], "--config", config.toString(), "--set", each[1], "--processes", "3");
            assertThat(run.code()).as(each[2]).isEqualTo(2);
            assertThat(run.err()).contains("--processes: must be at most " + each[2] + ", was 3");
        }
        List<List<String>> dry = List.of(
                List.of("rl", "--set", "train.rl.prompts-per-step=2", "--processes", "3"),
                List.of("rl", "--processes", "0"),
                List.of("sft", "--role", "av", "--set", "train.sft.av.batch=2", "--processes", "3"),
                List.of("sft", "--role", "ar", "--processes", "0"));
        for (List<String> each : dry) {
            List<String> command = new ArrayList<>(List.of("train"));
            command.addAll(each);
            command.addAll(List.of("--config", config.toString(), "--dry-run"));
            Run run = Run.of(command.toArray(String[]::new));
            assertThat(run.code()).as(command + run.err()).isEqualTo(2);
            assertThat(run.err()).contains("--processes: must be ");
        }
        assertThat(folder.resolve("x")).doesNotExist();
    }
}
