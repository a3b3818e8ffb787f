package dev.nla4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.ChildJvm;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointsTest {
    @TempDir
    Path folder;

    private Path save(long step, OptionalDouble quality) throws IOException {
        try (Scope _ = Scope.noGrad()) {
            Tensor tensor = Tensors.of(new float[] {step, 2}, 2);
            Snapshot snapshot = new Snapshot(
                    step,
                    Map.of("av", Map.of("w", tensor)),
                    Json.mapper().createObjectNode().put("cursor", step),
                    quality);
            return new Checkpoints(folder, new Checkpoints.Keep(2, true))
                    .save(snapshot, CheckpointChild.HASH, Map.of("nla4j", "1"));
        }
    }

    private Checkpoint newest() throws IOException {
        return new Checkpoints(folder, new Checkpoints.Keep(2, true)).newest().orElseThrow();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            return children.map(child -> child.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void every_dtype_and_shape_comes_back_bit_for_bit() throws IOException {
        try (Scope _ = Scope.noGrad()) {
            Tensor numbers = Tensors.of(new float[] {Float.NaN, -0f, Float.MIN_VALUE, 3, 4, 5}, 2, 3);
            Map<String, Tensor> tensors = Map.of(
                    "floats", numbers,
                    "turned", numbers.t(),
                    "half", numbers.to(ScalarType.BFloat16),
                    "double", numbers.to(ScalarType.Double),
                    "ids", Tensors.longs(new long[] {Long.MIN_VALUE, 7}, 2),
                    "scalar", numbers.select(0, 1).select(0, 2),
                    "none", Tensors.of(new float[0], 0));
            Snapshot snapshot =
                    new Snapshot(3, Map.of("av", tensors), Json.mapper().createObjectNode(), OptionalDouble.empty());
            new Checkpoints(folder, new Checkpoints.Keep(2, false)).save(snapshot, CheckpointChild.HASH, Map.of());
            Map<String, Tensor> zeros = new java.util.HashMap<>();
            tensors.forEach((name, tensor) -> zeros.put(name, tensor.mul(new org.bytedeco.pytorch.Scalar(0))));
            newest().restore("av", zeros);
            tensors.forEach((name, tensor) -> {
                if (name.equals("ids")) {
                    assertThat(Tensors.longs(zeros.get(name))).isEqualTo(Tensors.longs(tensor));
                } else {
                    assertThat(zeros.get(name).dim()).isEqualTo(tensor.dim());
                    float[] expected = Tensors.floats(tensor);
                    float[] restored = Tensors.floats(zeros.get(name));
                    assertThat(restored).hasSameSizeAs(expected);
                    for (int i = 0; i < expected.length; i++) {
                        assertThat(Float.floatToRawIntBits(restored[i]))
                                .isEqualTo(Float.floatToRawIntBits(expected[i]));
                    }
                }
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"av.safetensors", "av-adamw.safetensors", "state.json", "folder", "renamed"})
    @EnabledOnOs(OS.LINUX)
    void a_run_killed_in_the_middle_of_a_save_goes_on_to_the_same_weights(String stage) throws Exception {
        Process process = ChildJvm.start(CheckpointChild.class, "256m", folder.toString(), stage);
        ChildJvm.kill(process);

        try (Scope _ = Scope.open()) {
            CheckpointChild straight = new CheckpointChild();
            straight.train(20);
            Checkpoint checkpoint = newest();
            assertThat(checkpoint.step()).isEqualTo(stage.equals("renamed") ? 12 : 10);
            if (stage.equals("renamed")) {
                assertThat(checkpoint.skipped()).isEmpty();
            } else {
                assertThat(checkpoint.skipped())
                        .containsExactly(new Checkpoint.Skipped(folder.resolve("step-12.tmp"), "its save was cut off"));
            }
            assertThat(checkpoint.state().get("cursor").asLong()).isEqualTo(checkpoint.step() * 32);
            CheckpointChild resumed = new CheckpointChild();
            resumed.restore(checkpoint);
            resumed.train((int) (20 - checkpoint.step()));
            assertThat(resumed.weights()).isEqualTo(straight.weights());
            resumed.save(CheckpointChild.checkpoints(folder));
            assertThat(names()).noneMatch(name -> name.endsWith(".tmp")).contains("step-20");
        }
    }

    @Test
    void a_manifest_that_names_no_file_is_none() throws IOException {
        Path whole = save(10, OptionalDouble.empty());
        Path hollow = save(20, OptionalDouble.empty());
        Path manifest = hollow.resolve("manifest.json");
        Files.writeString(
                manifest, Files.readString(manifest).replaceAll("(?s)\"files\" : \\[.*\\]", "\"files\" : []"));
        Checkpoint checkpoint = newest();
        assertThat(checkpoint.folder()).isEqualTo(whole);
        assertThat(checkpoint.skipped()).singleElement().satisfies(skipped -> {
            assertThat(skipped.folder()).isEqualTo(hollow);
            assertThat(skipped.reason()).contains("files: is empty");
        });
    }

    @Test
    void a_torn_checkpoint_is_skipped_and_named_with_the_reason() throws IOException {
        save(10, OptionalDouble.empty());
        Path torn = save(20, OptionalDouble.empty());
        byte[] bytes = Files.readAllBytes(torn.resolve("av.safetensors"));
        bytes[bytes.length - 1] ^= 1;
        Files.write(torn.resolve("av.safetensors"), bytes);
        Path empty = Files.createDirectory(folder.resolve("step-30"));
        Checkpoint checkpoint = newest();
        assertThat(checkpoint.step()).isEqualTo(10);
        assertThat(checkpoint.skipped()).extracting(Checkpoint.Skipped::folder).containsExactly(empty, torn);
        assertThat(checkpoint.skipped().get(0).reason()).contains("manifest.json");
        assertThat(checkpoint.skipped().get(1).reason()).contains("av.safetensors: sha256: differs");
    }

    @Test
    void a_missing_or_short_file_and_a_wrong_step_are_told_apart() throws IOException {
        save(1, OptionalDouble.empty());
        Path two = save(2, OptionalDouble.empty());
        Files.writeString(two.resolve("state.json"), "{}");
        assertThat(newest().skipped().getFirst().reason()).contains("state.json: size: is 2 bytes");
        Files.delete(two.resolve("state.json"));
        assertThat(newest().skipped().getFirst().reason()).contains("state.json: file: is missing");
        Path moved = folder.resolve("step-7");
        Files.move(folder.resolve("step-1"), moved);
        assertThatThrownBy(this::newest)
                .isInstanceOf(InputException.class)
                .hasMessageContaining("none of 2 checkpoints is whole")
                .hasMessageContaining("step: is 1, the folder's name says 7");
    }

    @Test
    void no_checkpoints_are_no_error() throws IOException {
        assertThat(new Checkpoints(folder.resolve("none"), new Checkpoints.Keep(2, false)).newest())
                .isEmpty();
    }

    @Test
    void the_newest_two_and_the_best_are_kept() throws IOException {
        save(1, OptionalDouble.of(0.3));
        save(2, OptionalDouble.of(0.7));
        save(3, OptionalDouble.of(0.5));
        save(4, OptionalDouble.empty());
        save(5, OptionalDouble.of(0.6));
        assertThat(names()).containsExactly("step-2", "step-4", "step-5");
        save(6, OptionalDouble.of(0.8));
        save(7, OptionalDouble.empty());
        save(8, OptionalDouble.empty());
        assertThat(names()).containsExactly("step-6", "step-7", "step-8");
        assertThatThrownBy(() -> new Checkpoints.Keep(1, true)).hasMessage("keep: must be >= 2, was 1");
    }

    @Test
    void a_step_saved_again_replaces_the_old_one() throws IOException {
        save(3, OptionalDouble.empty());
        Files.delete(folder.resolve("step-3").resolve("manifest.json"));
        save(3, OptionalDouble.empty());
        assertThat(newest().step()).isEqualTo(3);
        assertThat(names()).containsExactly("step-3");
    }

    /// A run's folder may come from somebody else.
    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void of_a_link_the_link_alone_is_deleted() throws IOException {
        Path others = Files.createDirectories(folder.resolveSibling(folder.getFileName() + "-others"));
        Files.writeString(others.resolve("manifest.json"), "somebody's");
        Files.createSymbolicLink(folder.resolve("step-7.tmp"), others);
        Files.createSymbolicLink(folder.resolve("step-3"), others);
        save(3, OptionalDouble.empty());
        assertThat(names()).containsExactly("step-3");
        assertThat(newest().step()).isEqualTo(3);
        assertThat(others.resolve("manifest.json")).hasContent("somebody's");
        Files.delete(others.resolve("manifest.json"));
        Files.delete(others);
    }

    /// Whoever moved it to another disk is told, and the run does not begin anew beside it.
    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void a_linked_checkpoint_is_named_and_not_taken() throws IOException {
        save(4, OptionalDouble.empty());
        Path moved = Files.move(folder.resolve("step-4"), folder.resolve("elsewhere"));
        Files.createSymbolicLink(folder.resolve("step-4"), moved);
        assertThatThrownBy(this::newest)
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is a link: put the folder itself there");
        save(2, OptionalDouble.empty());
        assertThat(newest().step()).isEqualTo(2);
        assertThat(newest().skipped())
                .singleElement()
                .satisfies(skipped -> assertThat(skipped.folder()).endsWithRaw(Path.of("step-4")));
        assertThat(moved.resolve("manifest.json")).exists();
    }

    @Test
    void tensors_that_are_not_the_runs_are_refused_before_any_is_touched() throws IOException {
        save(1, OptionalDouble.empty());
        try (Scope _ = Scope.noGrad()) {
            Tensor two = Tensors.of(new float[] {8, 9}, 2);
            Tensor three = Tensors.of(new float[3], 3);
            Checkpoint checkpoint = newest();
            assertThatThrownBy(() -> checkpoint.restore("av", Map.of("w", two, "b", three)))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("missing [b], unknown []");
            assertThatThrownBy(() -> checkpoint.restore("av", Map.of("w", three)))
                    .hasMessageContaining("w: must be F32 of shape [3] as in this run, is F32 of shape [2]");
            assertThat(Tensors.floats(two)).containsExactly(8, 9);
        }
    }

    @Test
    void names_of_parts_can_not_leave_the_folder() {
        assertThatThrownBy(() -> new Snapshot(
                        1, Map.of("../x", Map.of()), Json.mapper().createObjectNode(), OptionalDouble.empty()))
                .hasMessageContaining("part: must be small letters");
    }

    /// The run could not go on from what is newer, so that it is no reason to delete what it saves now.
    @Test
    void torn_checkpoints_of_later_steps_do_not_count_as_kept() throws IOException {
        for (int step : new int[] {20, 80, 100}) {
            save(step, OptionalDouble.empty());
        }
        save(20, OptionalDouble.of(0.9));
        for (int step : new int[] {80, 100}) {
            Files.write(folder.resolve("step-" + step).resolve("av.safetensors"), new byte[3]);
        }
        assertThat(newest().step()).isEqualTo(20);
        save(40, OptionalDouble.of(0.1));
        save(60, OptionalDouble.of(0.2));
        assertThat(newest().step()).isEqualTo(60);
        assertThat(names()).contains("step-20", "step-40", "step-60");
        save(80, OptionalDouble.empty());
        save(100, OptionalDouble.empty());
        assertThat(names()).containsExactly("step-100", "step-20", "step-80");
    }
}
