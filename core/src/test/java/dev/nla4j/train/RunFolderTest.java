package dev.nla4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class RunFolderTest {
    private static final RunFolder.Info INFO = new RunFolder.Info(
            Map.of("nla4j", "1"), Map.of("data", 42L), Map.of("av.parquet", "ab"), Optional.of("c".repeat(40)));

    @TempDir
    Path folder;

    private static ObjectNode config(double lr) {
        ObjectNode node = Json.mapper().createObjectNode().put("seed", 42);
        node.putObject("train").put("lr", lr).put("steps", 20);
        return node;
    }

    private RunFolder open(double lr) throws IOException {
        return RunFolder.open(folder, config(lr), INFO, new Checkpoints.Keep(2, true));
    }

    /// A run that has taken steps.
    private void begin() throws IOException {
        try (RunFolder run = open(1e-3)) {
            run.save(snapshot(5));
        }
    }

    private static Snapshot snapshot(long step) {
        return new Snapshot(
                step, Map.of(), Json.mapper().createObjectNode().put("cursor", step * 2), OptionalDouble.empty());
    }

    @Test
    void a_new_run_writes_its_configuration_and_what_is_needed_to_repeat_it() throws IOException {
        try (RunFolder run = open(1e-3)) {
            assertThat(run.checkpoint()).isEmpty();
            run.samples(5, "a text\n");
        }
        assertThat(RunFolder.exists(folder)).isTrue();
        assertThat(folder.resolve("config.resolved.yaml")).content().contains("lr: 0.001", "steps: 20");
        JsonNode info = Json.read(folder.resolve("run.json"), 10_000);
        assertThat(info.at("/versions/nla4j").stringValue()).isEqualTo("1");
        assertThat(info.at("/seeds/data").longValue()).isEqualTo(42);
        assertThat(info.at("/data_sha256/av.parquet").stringValue()).isEqualTo("ab");
        assertThat(info.at("/git_commit").stringValue()).startsWith("cccc");
        assertThat(folder.resolve("samples/step-5.txt")).hasContent("a text\n");
    }

    /// Memory that did not hold a step is the reason, and the error says to do so.
    @Test
    void a_run_goes_on_in_smaller_micro_batches_and_says_so() throws IOException {
        ObjectNode config = config(1e-3).put("micro-batch", 16);
        Checkpoints.Keep keep = new Checkpoints.Keep(2, true);
        try (RunFolder run = RunFolder.open(folder, config, INFO, keep)) {
            run.save(snapshot(5));
        }
        try (RunFolder run = RunFolder.open(folder, config.put("micro-batch", 4), INFO, keep)) {
            assertThat(run.checkpoint().orElseThrow().step()).isEqualTo(5);
            assertThat(run.losses()).singleElement().asString().startsWith("micro-batch was 16, is 4: ");
        }
        assertThatThrownBy(() -> RunFolder.open(folder, config.put("batch", 4), INFO, keep))
                .hasMessageContaining("Different: batch was")
                .hasMessageNotContaining("micro-batch was");
    }

    @Test
    void a_run_does_not_go_on_over_other_data() throws IOException {
        begin();
        RunFolder.Info other =
                new RunFolder.Info(INFO.versions(), INFO.seeds(), Map.of("av.parquet", "ef"), Optional.empty());
        assertThatThrownBy(() -> RunFolder.open(folder, config(1e-3), other, new Checkpoints.Keep(2, true)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("run.json: the run began with a av.parquet of sha256 ab, it is ef now");
        open(1e-3).close();
        Files.delete(folder.resolve("run.json"));
        assertThatThrownBy(() -> open(1e-3)).hasMessageContaining("run.json");
    }

    @Test
    void a_run_that_was_moved_with_its_data_goes_on_and_finds_other_data_all_the_same() throws IOException {
        Path old = Files.createFile(folder.resolveSibling(folder.getFileName() + "-av.parquet"));
        String name = old.getFileName().toString();
        openOver(old.toString(), "ab").close();
        try (RunFolder run = openOver(old.toString(), "ab")) {
            run.save(snapshot(5));
        }
        Path elsewhere = Files.createDirectory(folder.resolveSibling(folder.getFileName() + "-elsewhere"));
        String moved = Files.createFile(elsewhere.resolve(name)).toString();
        assertThatThrownBy(() -> openOver(moved, "ab"))
                .hasMessageContaining("another configuration")
                .hasMessageContaining("data.av was");
        Files.delete(old);
        openOver(moved, "ab").close();
        assertThatThrownBy(() -> openOver(moved, "ef")).hasMessageContaining("of sha256 ab, it is ef now");
        Path other = Files.createFile(elsewhere.resolve("other.parquet"));
        assertThatThrownBy(() -> openOver(other.toString(), "ab")).hasMessageContaining("data.av was");
        String gone = elsewhere.resolve("gone").resolve(name).toString();
        assertThatThrownBy(() -> openOver(gone, "ab")).hasMessageContaining("data.av was");
    }

    @Test
    void files_that_are_told_apart_by_their_folders_may_move() throws IOException {
        Map<String, String> before = Map.of("/a/pair/ar/x.yaml", "ab", "pair/ar/y.yaml", "cd");
        openOver(before).close();
        try (RunFolder run = openOver(before)) {
            run.save(snapshot(5));
        }
        openOver(Map.of("/b/pair/ar/x.yaml", "ab", "pair/ar/y.yaml", "cd")).close();
        assertThatThrownBy(() -> openOver(Map.of("/b/pair/ar/x.yaml", "ef", "pair/ar/y.yaml", "cd")))
                .hasMessageContaining("it would go on with /b/pair/ar/x.yaml");
    }

    private RunFolder openOver(Map<String, String> hashes) throws IOException {
        RunFolder.Info info = new RunFolder.Info(INFO.versions(), INFO.seeds(), hashes, Optional.empty());
        return RunFolder.open(folder, config(1e-3), info, new Checkpoints.Keep(2, true));
    }

    private RunFolder openOver(String data, String hash) throws IOException {
        ObjectNode config = config(1e-3);
        config.putObject("data").put("av", data);
        RunFolder.Info info =
                new RunFolder.Info(INFO.versions(), INFO.seeds(), Map.of("av.parquet", hash), Optional.empty());
        return RunFolder.open(folder, config, info, new Checkpoints.Keep(2, true));
    }

    @Test
    void a_run_does_not_go_on_over_more_files_or_fewer() throws IOException {
        begin();
        for (Map<String, String> files :
                List.of(Map.of("av.parquet", "ab", "rl.parquet", "cd"), Map.<String, String>of())) {
            RunFolder.Info other = new RunFolder.Info(INFO.versions(), INFO.seeds(), files, Optional.empty());
            assertThatThrownBy(() -> RunFolder.open(folder, config(1e-3), other, new Checkpoints.Keep(2, true)))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("run.json: the run began with the files av.parquet, it would go on with "
                            + String.join(", ", new TreeSet<>(files.keySet())));
        }
        Path info = folder.resolve("run.json");
        ObjectNode earlier = (ObjectNode) Json.read(info, 10_000);
        earlier.remove("data_sha256");
        Files.writeString(info, earlier.toString());
        open(1e-3).close();
    }

    @Test
    void a_start_that_was_killed_while_it_wrote_begins_again() throws IOException {
        String number = "." + UUID.randomUUID() + ".tmp";
        List<Path> left =
                List.of(folder.resolve(".run.json" + number), folder.resolve(".config.resolved.yaml" + number));
        for (Path file : left) {
            Files.writeString(file, "{\"versio");
        }
        Path other = Files.writeString(folder.resolve(".run.json.tmp"), "somebody's");
        assertThatThrownBy(() -> open(1e-3)).hasMessageContaining("has .run.json.tmp;");
        assertThat(left).allMatch(Files::exists);
        Files.delete(other);
        open(1e-3).close();
        assertThat(left).noneMatch(Files::exists);
    }

    @Test
    void resuming_cuts_the_metrics_at_the_checkpoint() throws IOException {
        try (RunFolder run = open(1e-3)) {
            run.log(1, Map.of("loss", 2.0));
            run.log(2, Map.of("loss", Double.NaN));
            run.save(snapshot(2));
            run.log(3, Map.of("loss", 9.0));
        }
        Files.writeString(folder.resolve("metrics.jsonl"), "{\"step\":4,\"lo", StandardOpenOption.APPEND);
        assertThat(MetricsLog.read(folder.resolve("metrics.jsonl"))).hasSize(3);
        try (RunFolder run = open(1e-3)) {
            Checkpoint checkpoint = run.checkpoint().orElseThrow();
            assertThat(checkpoint.step()).isEqualTo(2);
            assertThat(checkpoint.state().get("cursor").asInt()).isEqualTo(4);
            run.log(3, Map.of("loss", 1.0));
        }
        assertThat(MetricsLog.read(folder.resolve("metrics.jsonl")))
                .containsExactly(
                        new MetricsLog.Line(1, Map.of("loss", 2.0)),
                        new MetricsLog.Line(2, Map.of("loss", Double.NaN)),
                        new MetricsLog.Line(3, Map.of("loss", 1.0)));
    }

    /// Hours of training are not lost with its curves, and what comes behind the gap can be gone on with as
    /// always.
    @Test
    void a_run_whose_metrics_were_lost_goes_on_with_a_gap() throws IOException {
        try (RunFolder run = open(1e-3)) {
            run.log(1, Map.of("loss", 3.0));
            run.log(2, Map.of("loss", 2.0));
            assertThat(run.losses()).isEmpty();
            run.save(snapshot(2));
        }
        Path metrics = folder.resolve("metrics.jsonl");
        String whole = Files.readString(metrics);
        String first = whole.substring(0, whole.indexOf('\n') + 1);
        for (String kept : List.of("", first, first + "{\"step\":2,\"lo", whole.substring(0, whole.length() - 1))) {
            Files.writeString(metrics, kept);
            if (kept.isEmpty()) {
                Files.delete(metrics);
            }
            for (int start = 0; start < 2; start++) {
                try (RunFolder run = open(1e-3)) {
                    assertThat(run.losses())
                            .hasSize(start == 0 ? 1 : 0)
                            .allMatch(
                                    line -> line.matches(
                                            "metrics.jsonl has lost [1-9][0-9]* bytes since the checkpoint; .* curves have a gap"));
                    run.log(3, Map.of("loss", 1.0));
                }
                List<MetricsLog.Line> lines = MetricsLog.read(metrics);
                assertThat(lines.getLast()).isEqualTo(new MetricsLog.Line(3, Map.of("loss", 1.0)));
                assertThat(lines).hasSize(kept.isEmpty() ? 1 : 2);
            }
        }
        Files.writeString(metrics, "x".repeat(100));
        assertThatThrownBy(() -> open(1e-3))
                .isInstanceOf(FormatException.class)
                .hasMessageContainingAll("not the end of a line", "move this one away");
    }

    @Test
    void another_configuration_is_refused_with_what_differs() throws IOException {
        begin();
        assertThatThrownBy(() -> open(2e-3))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("Different: train.lr was 0.001, is 0.002");
    }

    /// It did not fit into memory, or its data were refused.
    @Test
    void a_run_that_took_no_step_begins_anew_with_what_was_mended() throws IOException {
        try (RunFolder run = open(1e-3)) {
            run.log(0, Map.of("loss", 2.0));
        }
        open(2e-3).close();
        assertThat(folder.resolve("config.resolved.yaml")).content().contains("0.002");
        assertThat(folder.resolve("metrics.jsonl")).isEmptyFile();
    }

    @Test
    void checkpoints_of_another_run_are_not_gone_on_with() throws IOException {
        begin();
        Path checkpoints = folder.resolve("checkpoints");
        Path other = Files.createDirectories(folder.resolve("other"));
        try (RunFolder run = RunFolder.open(other, config(2e-3), INFO, new Checkpoints.Keep(2, true))) {
            run.save(snapshot(9));
        }
        Files.move(other.resolve("checkpoints/step-9"), checkpoints.resolve("step-9"));
        assertThatThrownBy(() -> open(1e-3))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("step-9: is a checkpoint of a run of another configuration");
    }

    /// The text that the run began with counts, however a later version would write the same configuration.
    @Test
    void a_run_goes_on_whose_configuration_was_written_otherwise() throws IOException {
        try (RunFolder run = open(1e-3)) {
            run.log(1, Map.of("loss", 2.0));
        }
        Path config = folder.resolve("config.resolved.yaml");
        Files.writeString(config, "# by an earlier version\n", StandardOpenOption.APPEND);
        begin();
        try (RunFolder run = open(1e-3)) {
            assertThat(run.checkpoint().orElseThrow().step()).isEqualTo(5);
        }
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void a_linked_log_is_not_cut() throws IOException {
        begin();
        Path others = Files.writeString(folder.resolve("others"), "somebody's");
        Files.delete(folder.resolve("metrics.jsonl"));
        Files.createSymbolicLink(folder.resolve("metrics.jsonl"), others);
        assertThatThrownBy(() -> open(1e-3)).isInstanceOf(IOException.class);
        assertThat(others).hasContent("somebody's");
    }

    @Test
    void more_curves_than_a_page_can_draw_are_refused() throws IOException {
        StringBuilder line = new StringBuilder("{\"step\":1");
        for (int i = 0; i < 1001; i++) {
            line.append(",\"v").append(i).append("\":1");
        }
        Path metrics = Files.writeString(folder.resolve("m.jsonl"), line + "}\n");
        assertThatThrownBy(() -> MetricsLog.read(metrics))
                .hasMessageContaining("line 1: has the name of more than 1000");
    }

    @Test
    void a_folder_with_files_of_others_is_left_alone() throws IOException {
        Files.writeString(folder.resolve("metrics.jsonl"), "somebody's\n");
        assertThat(RunFolder.exists(folder)).isFalse();
        assertThatThrownBy(() -> open(1e-3))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("holds no run")
                .hasMessageContaining("metrics.jsonl");
        assertThat(folder.resolve("metrics.jsonl")).hasContent("somebody's\n");
    }

    @Test
    void two_runs_in_one_folder_are_refused() throws IOException {
        try (RunFolder _ = open(1e-3)) {
            assertThatThrownBy(() -> open(1e-3)).hasMessageContaining("another run is training in this folder");
        }
        open(1e-3).close();
    }

    @Test
    void a_damaged_line_is_named() throws IOException {
        Path metrics = Files.writeString(folder.resolve("m.jsonl"), "{\"step\":1}\n{\"step\":2,\"loss\":\"high\"}\n");
        assertThatThrownBy(() -> MetricsLog.read(metrics))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("line 2.loss: must be a finite number");
    }

    @Test
    void the_commit_of_a_working_copy_is_read_from_its_files() throws IOException {
        assertThat(GitCommit.of(folder)).isEmpty();
        Path git = Files.createDirectories(folder.resolve(".git/refs/heads"));
        Files.writeString(folder.resolve(".git/HEAD"), "ref: refs/heads/main\n");
        assertThat(GitCommit.of(folder)).isEmpty();
        Files.writeString(git.resolve("main"), "d".repeat(40) + "\n");
        assertThat(GitCommit.of(folder)).contains("d".repeat(40));
        Files.writeString(folder.resolve(".git/HEAD"), "ref: refs/../../../etc/passwd\n");
        assertThat(GitCommit.of(folder)).isEmpty();
    }
}
