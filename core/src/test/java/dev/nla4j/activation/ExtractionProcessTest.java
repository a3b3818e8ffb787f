package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.ChildJvm;
import dev.nla4j.activation.Extraction.Start;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// What only a process of its own can show: kills that nothing can catch, a disk that is full.
@EnabledOnOs(OS.LINUX)
class ExtractionProcessTest {
    @TempDir
    Path folder;

    @Test
    void a_process_killed_twice_and_resumed_writes_the_bytes_of_an_undisturbed_one() throws Exception {
        Path corpus = Files.writeString(folder.resolve("docs.jsonl"), ExtractionTest.documents(900, 3));
        Path undisturbed = folder.resolve("undisturbed.parquet");
        FakeModel model = new FakeModel(true);
        ExtractionResult whole =
                ExtractionChild.extraction(corpus, model, model).run(undisturbed, Start.RESUME);

        Path out = folder.resolve("acts.parquet");
        for (int parts = 1; parts <= 2; parts++) {
            Process child = start(List.of(), corpus, out, 40);
            awaitParts(child, out, parts);
            child.destroyForcibly();
            assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(child.exitValue()).as("SIGKILL").isEqualTo(137);
            assertThat(out).doesNotExist();
        }
        ExtractionResult resumed =
                ExtractionChild.extraction(corpus, model, model).run(out, Start.RESUME);
        assertThat(resumed.shardsKept()).isGreaterThanOrEqualTo(2).isLessThan(resumed.shards());
        assertThat(resumed.rows()).isEqualTo(whole.rows());
        assertThat(out).hasSameBinaryContentAs(undisturbed);
    }

    @Test
    void a_file_that_can_not_grow_is_reported_and_the_run_goes_on_later() throws Exception {
        Path corpus = Files.writeString(folder.resolve("docs.jsonl"), ExtractionTest.documents(900, 3));
        Path out = folder.resolve("acts.parquet");
        // no file may pass 1.6 MB: zstd's library and the parts fit, the file they are put together in does not
        Process child = start(List.of("bash", "-c", "ulimit -f 1600; exec \"$@\"", "bash"), corpus, out, 0);
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(output).contains("failed: " + out + ": can't be written: ").contains("finished parts are kept");
        assertThat(out).doesNotExist();
        try (Stream<Path> files = Files.list(folder.resolve("acts.parquet.work"))) {
            assertThat(files.map(Path::toString)).noneMatch(name -> name.endsWith(".tmp"));
        }
        FakeModel model = new FakeModel(true);
        ExtractionResult result =
                ExtractionChild.extraction(corpus, model, model).run(out, Start.RESUME);
        assertThat(result.shardsKept()).isEqualTo(result.shards());
        assertThat(model.calls).isZero();
    }

    private static Process start(List<String> before, Path corpus, Path out, long pause) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(ChildJvm.command(ExtractionChild.class, "256m", corpus.toString(), out.toString(), "" + pause));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static void awaitParts(Process child, Path out, int parts) throws Exception {
        Path last = out.resolveSibling(out.getFileName() + ".work").resolve("part-%06d.parquet".formatted(parts - 1));
        for (int i = 0; i < 1200 && !Files.exists(last); i++) {
            assertThat(child.isAlive()).as("still at work").isTrue();
            Thread.sleep(50);
        }
        assertThat(last).exists();
    }
}
