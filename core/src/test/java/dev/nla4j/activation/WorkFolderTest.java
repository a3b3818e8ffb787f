package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.ChildJvm;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class WorkFolderTest {
    @TempDir
    Path folder;

    @Test
    void what_others_put_beside_a_runs_files_stays() throws IOException {
        Path notes = Files.createDirectories(folder.resolve("x.parquet.work")).resolve("notes.txt");
        Files.writeString(notes, "somebody's");
        try (WorkFolder work = WorkFolder.open(folder.resolve("x.parquet"))) {
            work.writePlan(Json.mapper().createObjectNode());
            Files.writeString(work.part(0), "a part");
            assertThat(work.hasParts()).isTrue();
            work.delete();
            assertThat(work.part(0)).doesNotExist();
        }
        assertThat(notes).hasContent("somebody's");
        assertThat(notes.resolveSibling("plan.json")).doesNotExist();
    }

    /// A folder stands in for a file on a disk that fails: it can be opened, and reading it is an error of
    /// the system.
    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void a_part_that_can_not_be_read_is_kept_and_a_damaged_one_is_not() throws IOException {
        try (WorkFolder work = WorkFolder.open(folder.resolve("x.parquet"))) {
            Files.createDirectory(work.part(0));
            assertThatThrownBy(() -> work.hasPart(0))
                    .isInstanceOf(FormatException.class)
                    .hasCauseInstanceOf(IOException.class);
            assertThat(work.part(0)).exists();
            Files.writeString(work.part(1), "no part at all");
            assertThat(work.hasPart(1)).isFalse();
            assertThat(work.part(1)).doesNotExist();
        }
    }

    @Test
    void a_run_goes_on_where_there_are_a_plan_and_parts() throws IOException {
        Path out = folder.resolve("x.parquet");
        assertThat(WorkFolder.goesOn(out)).isFalse();
        try (WorkFolder work = WorkFolder.open(out)) {
            work.writePlan(Json.mapper().createObjectNode());
            assertThat(WorkFolder.goesOn(out)).isFalse();
            Files.writeString(work.part(0), "a part");
            assertThat(WorkFolder.goesOn(out)).isTrue();
        }
    }

    /// Threads of one process are told apart by another table than the system's.
    @Test
    @EnabledOnOs(OS.LINUX)
    void another_process_that_works_on_the_file_is_not_disturbed_and_its_lock_falls_with_it() throws Exception {
        Path out = folder.resolve("x.parquet");
        Process child = ChildJvm.start(WorkFolderChild.class, "64m", out.toString());
        Path tmp = folder.resolve("x.parquet.work/.part.tmp");
        while (!Files.exists(tmp) && child.isAlive()) {
            Thread.sleep(20);
        }
        assertThatThrownBy(() -> WorkFolder.open(out))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("another run is writing it");
        assertThat(tmp).exists();
        ChildJvm.kill(child);
        try (WorkFolder _ = WorkFolder.open(out)) {
            assertThat(tmp).doesNotExist();
        }
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void a_linked_lock_is_not_written_through() throws IOException {
        Path others = Files.writeString(folder.resolve("others"), "somebody's");
        Files.createSymbolicLink(folder.resolve(".x.parquet.work.lock"), others);
        assertThatThrownBy(() -> WorkFolder.open(folder.resolve("x.parquet"))).isInstanceOf(IOException.class);
        assertThat(others).hasContent("somebody's");
    }
}
