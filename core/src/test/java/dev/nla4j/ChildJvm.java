package dev.nla4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A class of the tests in a process of its own.
public final class ChildJvm {
    private static final String STOPPED = "stopped";

    private ChildJvm() {}

    /// @param heap most memory of its own, say `256m`
    public static List<String> command(Class<?> main, String heap, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx" + heap,
                "-Dai.djl.offline=true",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /// Starts one whose errors nobody reads.
    public static Process start(Class<?> main, String heap, String... arguments) throws IOException {
        return new ProcessBuilder(command(main, heap, arguments))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /// For the child: it has come to where it shall be killed.
    public static void awaitDeath() {
        System.out.println(STOPPED);
        System.out.flush();
        try {
            Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this", e);
        }
    }

    /// Kills a child in its [#awaitDeath], as nothing can catch.
    public static void kill(Process child) throws Exception {
        try (BufferedReader reader = child.inputReader(StandardCharsets.UTF_8)) {
            assertThat(reader.readLine()).isEqualTo(STOPPED);
        } finally {
            child.destroyForcibly();
        }
        assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(child.exitValue()).as("SIGKILL").isEqualTo(137);
    }

    /// What a child that ends by itself has printed, without what Gloo prints there.
    public static List<String> output(Process child) throws Exception {
        try (BufferedReader reader = child.inputReader(StandardCharsets.UTF_8)) {
            List<String> lines =
                    reader.lines().filter(line -> !line.startsWith("[Gloo]")).toList();
            assertThat(child.waitFor(120, TimeUnit.SECONDS))
                    .as("ends by itself")
                    .isTrue();
            return lines;
        } finally {
            child.destroyForcibly();
        }
    }
}
