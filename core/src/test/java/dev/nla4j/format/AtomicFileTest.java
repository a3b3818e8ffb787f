package dev.nla4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path folder;

    private Path left(String name, Duration age) throws IOException {
        Path file = Files.writeString(folder.resolve(name), "half of one");
        return Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
    }

    /// A process that is killed has no time to remove what it was writing.
    @Test
    void what_killed_writes_of_the_same_file_left_goes_when_nothing_was_written_to_it_for_a_day() throws IOException {
        Duration old = Duration.ofHours(30);
        Path dead = left(".a.parquet." + UUID.randomUUID() + ".tmp", old);
        Path alive = left(".a.parquet." + UUID.randomUUID() + ".tmp", Duration.ofHours(3));
        Path of = left(".b.parquet." + UUID.randomUUID() + ".tmp", old);
        Path somebodys = left(".a.parquet.tmp", old);
        Path work = Files.createDirectory(folder.resolve(".a.parquet." + UUID.randomUUID() + ".tmp"));
        Path working = Files.createDirectory(folder.resolve(".a.parquet." + UUID.randomUUID() + ".tmp"));
        left(work.getFileName() + "/bucket-000000.parquet", old);
        left(working.getFileName() + "/bucket-000000.parquet", Duration.ofHours(3));
        for (Path path : new Path[] {work, working}) {
            Files.setLastModifiedTime(path, FileTime.from(Instant.now().minus(old)));
        }
        AtomicFile.dropStale(folder.resolve("a.parquet"));
        assertThat(dead).doesNotExist();
        assertThat(work).doesNotExist();
        assertThat(alive).exists();
        assertThat(working).isNotEmptyDirectory();
        assertThat(of).exists();
        assertThat(somebodys).exists();
        AtomicFile.dropStale(folder.resolve("none/a.parquet"));
    }

    @Test
    void a_file_is_not_written_over_what_it_is_made_of_whatever_the_two_are_called() throws IOException {
        Path in = Files.writeString(folder.resolve("a.txt"), "read");
        Path link = Files.createSymbolicLink(folder.resolve("link.txt"), in);
        for (Path out : new Path[] {in, link, folder.resolve("none/../a.txt")}) {
            Files.createDirectories(folder.resolve("none"));
            assertThatThrownBy(() -> AtomicFile.requireOther(out, in, "the corpus itself"))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("is the corpus itself, which would be written over");
        }
        AtomicFile.requireOther(folder.resolve("b.txt"), in, "the corpus itself");
    }
}
