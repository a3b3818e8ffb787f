package dev.nla4j.hub;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// The machine's Python 3, run as a child process without a terminal.
///
/// @param executable found on `PATH`
record Python(Path executable, Map<String, String> environment) {
    private static final Duration TICK = Duration.ofMillis(200);
    private static final int LONGEST_OUTPUT = 1 << 16;
    /// The child's folder for temporary files, inside the one it runs in.
    static final String TEMPORARY = "tmp";
    /// Secrets that are none of the child's business.
    private static final List<String> SECRETS = List.of("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN");

    /// How a run ended; outputs are cut to their last 64 KiB.
    record Outcome(int exit, String out, String err) {
        /// The line that says most: pip's last `ERROR:`, else the last one.
        String complaint() {
            List<String> lines = err.lines().filter(line -> !line.isBlank()).toList();
            return lines.stream()
                    .filter(line -> line.startsWith("ERROR:"))
                    .reduce((first, second) -> second)
                    .or(() -> lines.isEmpty() ? Optional.empty() : Optional.of(lines.getLast()))
                    .orElse("exit code " + exit);
        }
    }

    /// Told now and then while a child runs; false ends the child.
    @FunctionalInterface
    interface Watch {
        boolean goOn(Duration elapsed) throws IOException;
    }

    /// The first Python on `PATH`.
    static Python find(HubSettings settings) throws SourceFailure {
        String path = settings.environment()
                .getOrDefault("PATH", settings.environment().getOrDefault("Path", ""));
        for (String name : settings.platform().pythonNames()) {
            for (String folder : path.split(Pattern.quote(File.pathSeparator), -1)) {
                Optional<Path> found = executable(folder, name);
                if (found.isPresent()) {
                    return new Python(found.get(), settings.environment());
                }
            }
        }
        throw new SourceFailure(
                "no python3 on PATH; install it: " + settings.platform().installPython());
    }

    private static Optional<Path> executable(String folder, String name) {
        try {
            Path file = Path.of(folder, name).toAbsolutePath();
            return !folder.isEmpty() && Files.isRegularFile(file) && Files.isExecutable(file)
                    ? Optional.of(file)
                    : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /// Runs `python3 arguments…` in `work`, which must be empty of Python files: Python imports from where it runs.
    Outcome run(List<String> arguments, Path work, Watch watch) throws IOException, InterruptedException {
        Path out = work.resolve("stdout");
        Path err = work.resolve("stderr");
        List<String> command = new ArrayList<>(List.of(executable.toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(work.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(nothing(work)))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().putAll(childEnvironment(Files.createDirectories(work.resolve(TEMPORARY))));
        Process process = builder.start();
        var end = new Thread(() -> kill(process), "nla-end-python");
        Runtime.getRuntime().addShutdownHook(end);
        try {
            long start = System.nanoTime();
            while (!process.waitFor(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
                if (!watch.goOn(Duration.ofNanos(System.nanoTime() - start))) {
                    throw new IOException("it was ended: no sign of life for too long");
                }
            }
            return new Outcome(process.exitValue(), tail(out), tail(err));
        } finally {
            kill(process);
            unhook(end);
        }
    }

    private static File nothing(Path work) throws IOException {
        return Files.write(work.resolve("stdin"), new byte[0]).toFile();
    }

    private Map<String, String> childEnvironment(Path temporary) {
        Map<String, String> child = new HashMap<>(environment);
        SECRETS.forEach(child::remove);
        child.put("PYTHONIOENCODING", "utf-8");
        for (String name : List.of("TMPDIR", "TEMP", "TMP")) {
            child.put(name, temporary.toString());
        }
        return child;
    }

    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
    }

    private static void unhook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the machine is going down already: then the hook itself runs, as it should
            return;
        }
    }

    private static String tail(Path file) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            in.skipNBytes(Math.max(0, Files.size(file) - LONGEST_OUTPUT));
            bytes = in.readNBytes(LONGEST_OUTPUT);
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
