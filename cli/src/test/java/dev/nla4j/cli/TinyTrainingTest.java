package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.train.MetricsLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// Training commands on a target of a few thousand random weights.
class TinyTrainingTest {
    private static final RandomPair RANDOM = RandomPair.tiny("llama");
    private static final int K = 2;

    @TempDir
    static Path folder;

    @BeforeAll
    static void make() throws IOException {
        RANDOM.target(folder.resolve("target"));
        List<String> texts = Files.readAllLines(DefaultModel.root().resolve("configs/tiny/documents.jsonl"));
        Path rows = extract("rows", texts.subList(0, 6));
        Path heldOut = extract("held", texts.subList(6, 10));
        run("data", "teach", rows.toString(), heldOut.toString());
        for (String stage : List.of("av_sft", "ar_sft")) {
            String out = folder.resolve(stage + ".parquet").toString();
            run("data", "build", folder.resolve("rows_explained.parquet").toString(), "--stage", stage, "--out", out);
        }
    }

    private static Path extract(String name, List<String> texts) throws IOException {
        Path out = folder.resolve(name + ".parquet");
        run(
                "extract",
                "--model",
                folder.resolve("target").toString(),
                "--corpus",
                Files.write(folder.resolve(name + ".jsonl"), texts).toString(),
                "--layer",
                "" + K,
                "--window",
                "64",
                "--min-position",
                "20",
                "--per-doc",
                "2",
                "--out",
                out.toString());
        return out;
    }

    private static void run(String... command) {
        Run run = Run.of(command);
        assertThat(run.code()).as(run.err()).isZero();
    }

    /// @param own the run's folder
    private static List<String> training(Path own, List<String> command, String... sets) {
        List<String> whole = new ArrayList<>(List.of("train"));
        whole.addAll(command);
        whole.addAll(List.of(
                "--config",
                DefaultModel.root().resolve("configs/smollm2-l20.yaml").toString(),
                "--tiny"));
        List<String> all = new ArrayList<>(List.of(
                "folder=" + own,
                "target.model=" + folder.resolve("target"),
                "target.dtype=fp32",
                "data.av=" + folder.resolve("av_sft.parquet"),
                "data.ar=" + folder.resolve("ar_sft.parquet"),
                "data.held-out=" + folder.resolve("held_explained.parquet")));
        all.addAll(List.of(sets));
        all.forEach(set -> whole.addAll(List.of("--set", set)));
        return whole;
    }

    @Test
    void joint_learning_with_a_reconstructor_that_does_not_read_its_text_is_refused() throws IOException {
        Path deaf =
                RANDOM.adapters(folder.resolve("deaf"), folder.resolve("target").toString());
        Path head = deaf.resolve("ar/value_head.safetensors");
        Files.delete(head);
        long dim = RANDOM.dim();
        TensorToWrite zeros = new TensorToWrite(
                "weight",
                StoredType.BF16,
                List.of(dim, dim),
                out -> out.write(ByteBuffer.allocate((int) (dim * dim * Short.BYTES))));
        SafetensorsWriter.write(head, List.of(zeros), Map.of());
        Run run = Run.of(training(folder.resolve("rl"), List.of("rl"), "train.rl.warm-start=" + deaf)
                .toArray(String[]::new));
        assertThat(run.code()).as(run.err()).isEqualTo(3);
        assertThat(run.err()).contains("this reconstructor does not read its text: error 2.000 with the real texts");
        assertThat(folder.resolve("rl")).doesNotExist();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    @Timeout(120)
    void by_two_processes_a_half_learns_what_it_does_by_one() throws IOException {
        List<Double> losses = new ArrayList<>();
        for (String processes : List.of("1", "2")) {
            Path own = folder.resolve("by-" + processes);
            List<String> command = List.of("sft", "--role", "av", "--processes", processes);
            run(training(
                            own,
                            command,
                            "train.sft.av.steps=4",
                            "train.sft.av.lr=0.01",
                            "train.sft.av.eval-every=0",
                            "train.sft.av.samples-every=0")
                    .toArray(String[]::new));
            List<MetricsLog.Line> lines = MetricsLog.read(own.resolve("sft-av/metrics.jsonl"));
            assertThat(lines.getLast().step()).isEqualTo(4);
            losses.add(lines.getLast().values().get("loss"));
            assertThat(own.resolve("pair/av/adapter_model.safetensors")).exists();
        }
        assertThat(losses.getLast()).isCloseTo(losses.getFirst(), within(1e-5));
    }
}
