package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.ChildJvm;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Several threads and several processes at one store.
@Timeout(60)
class TogetherTest {
    private static final byte[] BYTES = Sandbox.bytes(1_000_000, 1);
    private static final ModelRef.Named TINY = Sandbox.tiny(BYTES);

    @TempDir
    Path folder;

    private FakeHub hub;
    private Sandbox machine;

    @BeforeEach
    void startHub() throws IOException {
        hub = new FakeHub();
        machine = Sandbox.in(folder).hub(hub);
    }

    @AfterEach
    void stopHub() {
        hub.close();
    }

    /// Pulls the same model in a process of its own: `PullProcess HOME ENDPOINT`.
    static final class PullProcess {
        private PullProcess() {}

        public static void main(String[] arguments) {
            Sandbox machine = Sandbox.in(Path.of(arguments[0])).with("HF_ENDPOINT", arguments[1]);
            machine.store().pull(TINY, Progress.NONE);
        }
    }

    private Process start() throws IOException {
        return new ProcessBuilder(ChildJvm.command(PullProcess.class, "256m", folder.toString(), hub.address()))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }

    private Path partial() {
        return machine.layout().partial(Digest.sha256(TINY.model().sha256()));
    }

    @Test
    void two_threads_that_pull_the_same_model_fetch_it_once() throws Exception {
        hub.at(Sandbox.TINY_PATH, FakeHub.slowly(BYTES, 100_000, 80));
        List<String> tasks = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<LocalModel>> pulls = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                pulls.add(
                        threads.submit(() -> machine.store().pull(TINY, (task, done, total, unit) -> tasks.add(task))));
            }
            for (Future<LocalModel> pull : pulls) {
                assertThat(pull.get(20, TimeUnit.SECONDS).path()).hasBinaryContent(BYTES);
            }
        }
        assertThat(hub.requests).hasSize(1);
        assertThat(tasks).contains("wait for another process that pulls tiny");
    }

    @Test
    void two_models_with_the_same_file_fetch_it_once() throws Exception {
        hub.at(Sandbox.TINY_PATH, FakeHub.slowly(BYTES, 100_000, 80));
        KnownModel model = TINY.model();
        var twin = new ModelRef.Named(
                new KnownModel("twin", model.file(), model.size(), model.sha256(), model.wheel(), "MIT"));
        List<String> tasks = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<LocalModel>> pulls = new ArrayList<>();
            for (ModelRef ref : List.of(TINY, twin)) {
                pulls.add(
                        threads.submit(() -> machine.store().pull(ref, (task, done, total, unit) -> tasks.add(task))));
            }
            for (Future<LocalModel> pull : pulls) {
                assertThat(pull.get(20, TimeUnit.SECONDS).path()).hasBinaryContent(BYTES);
            }
        }
        assertThat(hub.requests).hasSize(1);
        assertThat(tasks).contains("wait for another process that fetches tiny.gguf");
    }

    @Test
    void two_processes_that_pull_the_same_model_fetch_it_once() throws Exception {
        hub.at(Sandbox.TINY_PATH, FakeHub.slowly(BYTES, 50_000, 100));
        Process first = start();
        Process second = start();
        assertThat(first.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(List.of(first.exitValue(), second.exitValue()))
                .as(Files.readString(folder.resolve("output")))
                .containsExactly(0, 0);
        assertThat(hub.requests).hasSize(1);
        assertThat(machine.store().find(TINY).orElseThrow().path()).hasBinaryContent(BYTES);
    }

    @Test
    void a_process_that_is_killed_leaves_a_partial_and_no_lock() throws Exception {
        hub.at(Sandbox.TINY_PATH, FakeHub.slowly(BYTES, 50_000, 100), FakeHub.ranged(BYTES));
        Process killed = start();
        while (partial().toFile().length() < 200_000) {
            assertThat(killed.isAlive()).as("the process still fetches").isTrue();
            Thread.sleep(10);
        }
        killed.destroyForcibly().waitFor();
        long kept = Files.size(partial());
        ModelStore store = machine.store();
        assertThat(store.find(TINY)).isEmpty();
        assertThat(store.list().models()).isEmpty();
        assertThat(store.pull(TINY, Progress.NONE).path()).hasBinaryContent(BYTES);
        assertThat(hub.requests.getLast().range()).isEqualTo("bytes=" + kept + "-");
    }
}
