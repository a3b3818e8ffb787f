package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.activation.ActivationRow;
import dev.nla4j.activation.ActivationWriter;
import dev.nla4j.activation.DatasetSidecar;
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

    private Optional<String> fingerprint = Optional.empty();

    /// The stages and what is noted of them.
    private record Way(TrainStages stages, StageNotes notes) {
        List<Stage> all() {
            return stages.all();
        }

        List<String> command(Stage stage) {
            return stages.command(stage);
        }

        boolean isDone(Stage stage) {
            return notes.isDone(stage);
        }

        void begin(Stage stage) throws IOException {
            notes.begin(stage);
        }

        void done(Stage stage) throws IOException {
            notes.done(stage);
        }
    }

    /// The stages under a configuration file of these assignments.
    ///
    /// @param set what stands in the command besides
    private Way stages(List<String> written, String... set) {
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
        Path texts = folder.resolve("texts");
        return new Way(
                new TrainStages(config, pipeline, texts, again, List.of()),
                new StageNotes(config, pipeline, texts, top.resolved(), () -> fingerprint));
    }

    private static Stage stage(Way stages, String name) {
        return stages.all().stream()
                .filter(stage -> stage.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static boolean isDone(Way stages, String name) {
        return stages.isDone(stage(stages, name));
    }

    private void finish(Way stages, String name) throws IOException {
        for (Path file : stage(stages, name).leaves()) {
            Files.createDirectories(file.resolveSibling("."));
            Files.writeString(file, "made");
        }
        stages.done(stage(stages, name));
    }

    @Test
    void a_training_is_done_as_long_as_what_it_depends_on_resolves_to_the_same() throws IOException {
        Way first = stages(List.of());
        assertThat(isDone(first, "sft av")).isFalse();
        for (String name : List.of("sft av", "sft ar", "rl")) {
            finish(first, name);
            assertThat(isDone(first, name)).isTrue();
        }
        Way other = stages(List.of(), "train.rl.steps=20");
        assertThat(isDone(other, "sft av")).isTrue();
        assertThat(isDone(other, "sft ar")).isTrue();
        assertThatThrownBy(() -> isDone(other, "rl"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("stages/rl.json: stage rl was done under another configuration")
                .hasMessageContaining("Different: train.rl.steps was 150, is 20");
        Way edited = stages(List.of("train.sft.av.lr=0.002"));
        assertThatThrownBy(() -> isDone(edited, "sft av")).hasMessageContaining("train.sft.av.lr was 0.001, is 0.002");
        assertThat(isDone(edited, "sft ar")).isTrue();
    }

    @Test
    void a_note_of_words_alone_is_compared_by_its_words() throws IOException {
        Way first = stages(List.of());
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
        Way stages = stages(List.of());
        Path export = Files.createDirectories(folder.resolve("export"));
        Path left = Files.createDirectories(folder.resolve(".export.old/av"));
        Files.writeString(left.resolve("adapter_model.safetensors"), "half of one");
        Files.writeString(export.resolve("notes.txt"), "somebody's");
        stages.begin(stage(stages, "export"));
        assertThat(export.resolve("notes.txt")).exists();
        assertThat(folder.resolve(".export.old")).doesNotExist();
        Files.createDirectories(export.resolve("av"));
        Files.writeString(export.resolve("manifest.json"), "{}");
        stages.begin(stage(stages, "export"));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void other_texts_behind_the_same_link_are_noticed() throws IOException {
        Files.createDirectories(folder.resolve("v1"));
        Files.writeString(folder.resolve("v1/a.txt"), "some text");
        Files.createSymbolicLink(folder.resolve("texts"), folder.resolve("v1"));
        Way stages = stages(List.of());
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
        Way stages = stages(List.of());
        finish(stages, "extract");
        assertThat(isDone(stages, "extract")).isTrue();
        fingerprint = Optional.empty(); // not on this machine: nobody can say
        assertThat(isDone(stages, "extract")).isTrue();
        fingerprint = Optional.of("cd");
        assertThatThrownBy(() -> isDone(stages, "extract"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("read other weights of");
    }

    /// What an editor or a file manager leaves is no text.
    @Test
    void files_that_are_not_read_are_not_counted() throws IOException {
        Path texts = Files.createDirectories(folder.resolve("texts"));
        Files.writeString(texts.resolve("a.txt"), "some text");
        Way stages = stages(List.of());
        finish(stages, "extract");
        Files.writeString(texts.resolve(".DS_Store"), "icons");
        Files.writeString(texts.resolve(".a.txt.swp"), "half a text");
        assertThat(isDone(stages, "extract")).isTrue();
        // noted by a version that counted them
        Path note = folder.resolve("stages/extract.json");
        ObjectNode earlier = (ObjectNode) Json.read(note, 100_000);
        earlier.putObject("texts").put("files", 3).put("bytes", 9 + 5 + 11);
        Files.writeString(note, earlier.toString());
        assertThat(isDone(stages, "extract")).isTrue();
        Files.writeString(texts.resolve("b.txt"), "more");
        assertThatThrownBy(() -> isDone(stages, "extract")).hasMessageContaining("is now {\"files\":2");
    }

    private Path activations(int rows) throws IOException {
        Path base = folder.resolve("data/base.parquet");
        Files.createDirectories(base.getParent());
        try (ActivationWriter writer = ActivationWriter.create(base, 4)) {
            for (int i = 0; i < rows; i++) {
                writer.write(new ActivationRow(12, "some text", new float[] {1, 2, 3, i}, 20, "texts:train:0"));
            }
        }
        return base;
    }

    private Way withTexts() throws IOException {
        Files.createDirectories(folder.resolve("texts"));
        for (int i = 0; i < 200; i++) {
            Files.writeString(folder.resolve("texts/" + i + ".txt"), "some text");
        }
        return stages(List.of());
    }

    /// Killed between the end of hours of extraction and the note.
    @Test
    void a_stage_that_ended_without_its_note_is_done_when_it_was_begun_as_it_would_be_now() throws IOException {
        Way stages = withTexts();
        Stage extract = stage(stages, "extract");
        Path old = activations(3);
        BaseSidecar.write(old, "tiny", 20, 3);
        // what was there before is not what the stage makes
        assertThat(stages.isDone(extract)).isFalse();
        assertThat(stages.command(extract)).contains("--restart");
        stages.begin(extract);
        assertThat(stages.isDone(extract)).isFalse();

        Files.delete(DatasetSidecar.beside(old));
        activations(5);
        assertThat(stages.isDone(extract)).as("without its sidecar").isFalse();
        BaseSidecar.write(old, "tiny", 20, 5);
        assertThat(stages.isDone(extract)).isTrue();
        assertThatThrownBy(() -> isDone(stages(List.of("pipeline.layer=19")), "extract"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("stage extract was done as");
        Files.writeString(folder.resolve("texts/more.txt"), "more");
        assertThatThrownBy(() -> stages.isDone(extract)).hasMessageContaining("is now {\"files\":201");
        Files.delete(folder.resolve("texts/more.txt"));
        stages.done(extract);
        assertThat(folder.resolve("stages/extract.begun.json")).doesNotExist();
        assertThat(stages.isDone(extract)).isTrue();
    }

    /// Killed between the file and its sidecar, or a disk that was full: its parts are there.
    @Test
    void what_has_parts_goes_on_and_is_not_begun_anew() throws IOException {
        Way stages = withTexts();
        for (String name : List.of("extract", "teach av_sft")) {
            Stage stage = stage(stages, name);
            Path out = stage.leaves().getFirst();
            Files.createDirectories(out.getParent());
            Files.writeString(out, "whole, its sidecar is missing");
            assertThat(stages.command(stage)).contains("--restart");
            Path work = Files.createDirectories(out.resolveSibling(out.getFileName() + ".work"));
            Files.writeString(work.resolve("plan.json"), "{}");
            Files.writeString(work.resolve("part-000000.parquet"), "a part");
            assertThat(stages.command(stage)).doesNotContain("--restart");
        }
    }

    @Test
    void texts_of_which_nothing_would_be_held_out_are_refused_before_the_first_stage() throws IOException {
        withTexts();
        Way none = stages(List.of("pipeline.hold-out=0"));
        assertThatThrownBy(() -> none.begin(stage(none, "extract")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("none of its 200 documents would be held out");
        Way some = stages(List.of());
        some.begin(stage(some, "extract"));
    }

    /// A path may hold any character: no list is put together with commas.
    @Test
    void each_file_whose_words_count_is_named_by_itself() {
        assertThat(stage(stages(List.of()), "teach ar_sft").command())
                .filteredOn("--count-too"::equals)
                .hasSize(3);
    }

    /// The target and the words of other files are the grounded teacher's.
    @Test
    void another_teacher_is_asked_as_the_configuration_says_and_how_is_no_matter_of_what_it_writes() {
        List<String> asked = List.of(
                "pipeline.teach.teacher=openai",
                "pipeline.teach.endpoint=http://localhost:8000",
                "pipeline.teach.teacher-model=-q",
                "pipeline.teach.max-tokens=200",
                "pipeline.build.critic-template='Read: {explanation}'");
        Way way = stages(asked, "pipeline.teach.per-minute=60", "pipeline.teach.batches=true");
        Stage teach = stage(way, "teach ar_sft");
        assertThat(teach.command())
                .containsExactly(
                        "data",
                        "teach",
                        folder.resolve("data/splits/ar_sft_raw.parquet").toString(),
                        "--teacher=openai",
                        "--teacher-model=-q",
                        "--endpoint=http://localhost:8000",
                        "--max-tokens=200");
        assertThat(way.stages.command(teach)).endsWith("--batches", "--per-minute=60");
        assertThat(stage(way, "build ar_sft").command()).endsWith("--critic-template=Read: {explanation}");
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
                List.of("--processes", "2"));
        for (Stage stage : stages.all()) {
            boolean trains = stage.name().startsWith("sft ") || stage.name().equals("rl");
            assertThat(stages.command(stage).contains("--processes"))
                    .as(stage.name())
                    .isEqualTo(trains);
            assertThat(stage.command()).as(stage.name()).doesNotContain("--processes");
        }
    }

    @Test
    void halves_are_not_taught_where_joint_learning_begins_with_another_pair() {
        assertThat(stages(List.of()).all()).extracting(Stage::name).contains("sft av", "sft ar", "rl");
        assertThat(stages(List.of("train.rl.warm-start=" + folder.resolve("pair")))
                        .all())
                .extracting(Stage::name)
                .contains("sft av", "sft ar", "rl");
        assertThat(stages(List.of("train.rl.warm-start=elsewhere")).all())
                .extracting(Stage::name)
                .doesNotContain("sft av", "sft ar")
                .contains("build ar_sft", "rl");
    }
}
