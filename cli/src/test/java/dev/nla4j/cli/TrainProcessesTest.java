package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.nla.MemoryPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TrainProcessesTest {
    @TempDir
    Path folder;

    /// Sleeps, or fails at once.
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws InterruptedException {
            if (args.length > 0) {
                System.exit(Integer.parseInt(args[0]));
            }
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    private static Process child(String... arguments) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @Test
    void when_another_than_the_first_fails_all_are_ended_at_once() throws Exception {
        Files.writeString(folder.resolve("process-1.log"), "what it said\n");
        Process first = child();
        try {
            Process second = child("3");
            assertThat(TrainProcesses.outcome(List.of(first, second), folder)).isEqualTo(3);
            assertThat(first.waitFor(10, TimeUnit.SECONDS)).isTrue();
        } finally {
            first.destroyForcibly();
        }
    }

    @Test
    void all_must_fit_in_memory_together() {
        TrainProcesses processes = new TrainProcesses();
        processes.count = 3;
        MemoryPlan one = MemoryPlan.training("training", 1_000_000_000 + MemoryPlan.PROGRAM);
        assertThat(processes.together(one).total()).isEqualTo(3 * one.total());
        assertThat(processes.together(one)).hasToString("about 5.2 GB (3 processes 4.5 GB + program 0.7 GB)");
    }

    @Test
    void a_process_whose_watcher_died_while_it_was_loading_ends() {
        TrainProcesses orphan = new TrainProcesses();
        orphan.count = 2;
        orphan.rank = 1;
        orphan.meeting = folder.resolve("meeting");
        orphan.watcher = ProcessHandle.current().pid(); // is nobody's own parent
        assertThatThrownBy(orphan::join)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is gone");
    }
}
