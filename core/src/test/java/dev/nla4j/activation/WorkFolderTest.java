package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void a_linked_lock_is_not_written_through() throws IOException {
        Path others = Files.writeString(folder.resolve("others"), "somebody's");
        Files.createSymbolicLink(
                Files.createDirectories(folder.resolve("x.parquet.work")).resolve("lock"), others);
        assertThatThrownBy(() -> WorkFolder.open(folder.resolve("x.parquet"))).isInstanceOf(IOException.class);
        assertThat(others).hasContent("somebody's");
    }
}
