package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.PipelineConfig;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.config.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class TrainStagesTest {
    @TempDir
    Path folder;

    /// The stages under a configuration file of these assignments.
    ///
    /// @param set what stands in the command besides
    private Optional<String> fingerprint = Optional.empty();

    private TrainStages stages(List<String> written, String... set) {
        ConfigTree tree = ConfigTree.empty().set("folder=" + folder);
        List<String> again = new ArrayList<>(List.of("--config", "run.yaml"));
        for (String assignment : written) {
            tree = tree.set(assignment);
        }
        for (String assignment : set) {
            tree = tree.set(assignment);
            again.addAll(List.of("--set", assignment));
        }
        Section top = tree.section();
        RunConfig config = RunConfig.read(top);
        PipelineConfig pipeline = PipelineConfig.read(top);
        return new TrainStages(
                config, pipeline, folder.resolve("texts"), again, List.of(), top.resolved(), () -> fingerprint);
    }

    private static TrainStages.Stage stage(TrainStages stages, String name) {
        return stages.all().stream()
                .filter(stage -> stage.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static boolean isDone(TrainStages stages, String name) {
        return stages.isDone(stage(stages, name));
    }

    private void finish(TrainStages stages, String name) throws IOException {
        for (Path file : stage(stages, name).leaves()) {
            Files.createDirectories(file.resolveSibling("."));
            Files.writeString(file, "made");
        }
        stages.done(stage(stages, name));
    }

    @Test
    void a_training_is_done_as_long_as_what_it_depends_on_resolves_to_the_same() throws IOException {
        TrainStages first = stages(List.of());
        assertThat(isDone(first, "sft av")).isFalse();
        for (String name : List.of("sft av", "sft ar", "rl")) {
            finish(first, name);
            assertThat(isDone(first, name)).isTrue();
        }
        TrainStages other = stages(List.of(), "train.rl.steps=20");
        assertThat(isDone(other, "sft av")).isTrue();
        assertThat(isDone(other, "sft ar")).isTrue();
        assertThatThrownBy(() -> isDone(other, "rl"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("stages/rl.json: stage rl was done under another configuration")
                .hasMessageContaining("Different: train.rl.steps was 150, is 20");
        TrainStages edited = stages(List.of("train.sft.av.lr=0.002"));
        assertThatThrownBy(() -> isDone(edited, "sft av")).hasMessageContaining("train.sft.av.lr was 0.001, is 0.002");
        assertThat(isDone(edited, "sft ar")).isTrue();
    }

    @Test
    void a_note_of_words_alone_is_compared_by_its_words() throws IOException {
        TrainStages first = stages(List.of());
        finish(first, "sft av");
        Path note = folder.resolve("stages/sft-av.json");
        ObjectNode earlier = (ObjectNode) Json.read(note, 100_000);
        earlier.remove("config");
        Files.writeString(note, earlier.toString());
        assertThat(isDone(first, "sft av")).isTrue();
        assertThat(isDone(stages(List.of("train.sft.av.lr=0.002")), "sft av")).isTrue();
        assertThatThrownBy(() -> isDone(stages(List.of(), "train.rl.steps=20"), "sft av"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("would be");
    }

    @Test
    void an_old_export_makes_room_and_so_does_what_a_kill_left_of_one() throws IOException {
        TrainStages stages = stages(List.of());
        Path export = Files.createDirectories(folder.resolve("export"));
        Path left = Files.createDirectories(folder.resolve(".export.old/av"));
        Files.writeString(left.resolve("adapter_model.safetensors"), "half of one");
        Files.writeString(export.resolve("notes.txt"), "somebody's");
        stages.makeRoom(stage(stages, "export"));
        assertThat(export.resolve("notes.txt")).exists();
        assertThat(folder.resolve(".export.old")).doesNotExist();
        Files.createDirectories(export.resolve("av"));
        Files.writeString(export.resolve("manifest.json"), "{}");
        stages.makeRoom(stage(stages, "export"));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void other_texts_behind_the_same_link_are_noticed() throws IOException {
        Files.createDirectories(folder.resolve("v1"));
        Files.writeString(folder.resolve("v1/a.txt"), "some text");
        Files.createSymbolicLink(folder.resolve("texts"), folder.resolve("v1"));
        TrainStages stages = stages(List.of());
        finish(stages, "extract");
        assertThat(isDone(stages, "extract")).isTrue();
        Files.writeString(folder.resolve("v1/b.txt"), "more text");
        assertThatThrownBy(() -> isDone(stages, "extract"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is now {\"files\":2");
    }

    @Test
    void other_weights_behind_the_same_name_are_noticed() throws IOException {
        Files.createDirectories(folder.resolve("texts"));
        fingerprint = Optional.of("ab");
        TrainStages stages = stages(List.of());
        finish(stages, "extract");
        assertThat(isDone(stages, "extract")).isTrue();
        fingerprint = Optional.empty(); // not on this machine: nobody can say
        assertThat(isDone(stages, "extract")).isTrue();
        fingerprint = Optional.of("cd");
        assertThatThrownBy(() -> isDone(stages, "extract"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("read other weights of");
    }

    /// A path may hold any character: no list is put together with commas.
    @Test
    void each_file_whose_words_count_is_named_by_itself() {
        assertThat(stage(stages(List.of()), "teach ar_sft").command())
                .filteredOn("--count-too"::equals)
                .hasSize(3);
    }

    /// By how many processes is no matter of what is learned, so a finished stage stays finished.
    @Test
    void trainings_are_given_the_processes_and_nothing_else_is() {
        Section top = ConfigTree.empty().set("folder=" + folder).section();
        TrainStages stages = new TrainStages(
                RunConfig.read(top),
                PipelineConfig.read(top),
                folder.resolve("texts"),
                List.of("--config", "run.yaml"),
                List.of("--processes", "2"),
                top.resolved(),
                Optional::empty);
        for (TrainStages.Stage stage : stages.all()) {
            boolean trains = stage.name().startsWith("sft ") || stage.name().equals("rl");
            assertThat(stages.command(stage).contains("--processes"))
                    .as(stage.name())
                    .isEqualTo(trains);
            assertThat(stage.command()).as(stage.name()).doesNotContain("--processes");
        }
    }

    @Test
    void halves_are_not_taught_where_joint_learning_begins_with_another_pair() {
        assertThat(stages(List.of()).all()).extracting(TrainStages.Stage::name).contains("sft av", "sft ar", "rl");
        assertThat(stages(List.of("train.rl.warm-start=" + folder.resolve("pair")))
                        .all())
                .extracting(TrainStages.Stage::name)
                .contains("sft av", "sft ar", "rl");
        assertThat(stages(List.of("train.rl.warm-start=elsewhere")).all())
                .extracting(TrainStages.Stage::name)
                .doesNotContain("sft av", "sft ar")
                .contains("build ar_sft", "rl");
    }
}
