package dev.nla4j.cli;

import dev.nla4j.distribute.Collective;
import dev.nla4j.distribute.GlooCollective;
import dev.nla4j.format.FormatException;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.nla.MemoryPlan;
import dev.nla4j.tensor.MachineProbe;
import dev.nla4j.tensor.ProcessMemory;
import dev.nla4j.tensor.Threads;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.estimate.Estimate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// `--processes N`: the same command in N processes of this machine that train one model together. The one that was
/// typed only watches over them: when one ends before its time, it ends the others and says so.
final class TrainProcesses {
    private static final int MOST = 64;
    /// Longer than one process's evaluation. That a process is gone is noticed by who watches, not by waiting.
    private static final Duration PATIENCE = Duration.ofHours(2);

    private static final int LAST_LINES = 12;

    @Option(
            names = "--processes",
            paramLabel = "N",
            defaultValue = "1",
            description = "Processes that share each batch; the processors are shared out among them"
                    + " (default: ${DEFAULT-VALUE}).")
    int count = 1;

    @Option(names = "--process-rank", hidden = true, description = "Which of the processes this is.")
    @Nullable
    Integer rank;

    @Option(names = "--process-meeting", hidden = true, description = "File through which they meet.")
    @Nullable
    Path meeting;

    @Option(names = "--process-watcher", hidden = true, description = "Number of the process that watches over them.")
    @Nullable
    Long watcher;

    /// The options that have another command train by as many.
    List<String> again() {
        return watches() ? List.of("--processes", "" + count) : List.of();
    }

    /// Refuses more processes than there is work in a step: each has a share of it.
    ///
    /// @param key that says how much there is
    void requireAtMost(int most, String key) {
        if (count > most) {
            throw new IllegalArgumentException(
                    "--processes: must be at most " + key + ", which is " + most + ", was " + count);
        }
    }

    /// Whether this process is to start others and watch over them.
    boolean watches() {
        if (count < 1 || count > MOST) {
            throw new IllegalArgumentException("--processes: must be 1 to " + MOST + ", was " + count);
        }
        return count > 1 && rank == null;
    }

    /// Joins the others; alone when there are none.
    Collective join() {
        if (rank == null || meeting == null) {
            return Collective.alone();
        }
        Threads.use(threadsOfEach());
        // Without who watches nobody would end this process when another one dies. An orphan has another parent: it may
        // have died while this process was loading.
        Optional<ProcessHandle> parent = ProcessHandle.current().parent();
        if (watcher != null
                && parent.map(ProcessHandle::pid).filter(watcher::equals).isEmpty()) {
            throw new IllegalStateException("the process that started this one and watched over it is gone");
        }
        parent.ifPresent(handle -> Thread.startVirtualThread(() -> {
            handle.onExit().join();
            Runtime.getRuntime().halt(ExitCode.FAILURE);
        }));
        return GlooCollective.join(rank, count, meeting, "127.0.0.1", PATIENCE);
    }

    private int threadsOfEach() {
        return Math.max(1, Runtime.getRuntime().availableProcessors() / count);
    }

    /// Starts the processes and waits for their end.
    ///
    /// @param one what each takes: all of them must fit together
    /// @param arguments of this command without `--processes`
    /// @return exit code of all: the first that is not 0
    int watch(MemoryPlan one, List<String> arguments) throws IOException {
        together(one).requireFits(ProcessMemory.ofThisMachine().available());
        Path folder = Files.createTempDirectory("nla-processes");
        List<Process> processes = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                processes.add(start(i, folder, arguments));
            }
            Thread printing = Thread.startVirtualThread(() -> print(processes.getFirst()));
            int code = outcome(processes, folder);
            // After the end of all: the first one's output lasts as long as it does.
            printing.join();
            return code;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.INTERRUPTED;
        } finally {
            processes.forEach(Process::destroyForcibly);
            for (int i = 0; i < count; i++) {
                Files.deleteIfExists(log(folder, i));
            }
            Files.deleteIfExists(folder.resolve("meeting"));
            Files.deleteIfExists(folder);
        }
    }

    /// What a dry run says of a training: of one process, and of all together.
    String estimate(Wiring wiring, RunConfig config, Function<ModelConfig, Estimate> training) {
        return wiring.estimate(config.model(), () -> {
            Estimate one = training.apply(wiring.config(config.model()));
            return one.at(MachineProbe.gigaflops(config.dtype()))
                    + (count == 1 ? "" : "; all together " + together(one.memory()));
        });
    }

    MemoryPlan together(MemoryPlan one) {
        return new MemoryPlan(
                List.of(new MemoryPlan.Part(count + " processes", count * one.total() - MemoryPlan.PROGRAM)),
                false,
                "fewer --processes or " + one.advice());
    }

    private Process start(int number, Path folder, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-javaagent") && !flag.startsWith("-XX:AOT"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(arguments);
        command.addAll(List.of(
                "--processes",
                "" + count,
                "--process-rank",
                "" + number,
                "--process-meeting",
                folder.resolve("meeting").toString(),
                "--process-watcher",
                "" + ProcessHandle.current().pid()));
        ProcessBuilder builder = new ProcessBuilder(command);
        // OpenBLAS counts its threads by itself. With all processors in each process a step takes twice as long.
        builder.environment().putIfAbsent("OPENBLAS_NUM_THREADS", "" + threadsOfEach());
        if (number == 0) {
            builder.inheritIO().redirectOutput(ProcessBuilder.Redirect.PIPE);
        } else {
            builder.redirectErrorStream(true).redirectOutput(log(folder, number).toFile());
        }
        return builder.start();
    }

    /// Hands on what the first process prints, without what Gloo itself prints there.
    private static void print(Process first) {
        try (BufferedReader reader = first.inputReader(StandardCharsets.UTF_8)) {
            reader.lines().filter(line -> !line.startsWith("[Gloo]")).forEach(System.out::println);
        } catch (IOException | UncheckedIOException e) {
            System.err.println("nla: what process 1 prints can't be read any more: " + e.getMessage());
        }
    }

    /// Waits for all to end, and ends those that still run as soon as one has failed.
    static int outcome(List<Process> processes, Path folder) throws IOException {
        List<CompletableFuture<Process>> running =
                new ArrayList<>(processes.stream().map(Process::onExit).toList());
        while (!running.isEmpty()) {
            CompletableFuture.anyOf(running.toArray(CompletableFuture[]::new)).join();
            running.removeIf(CompletableFuture::isDone);
            for (int i = 0; i < processes.size(); i++) {
                Process process = processes.get(i);
                if (!process.isAlive() && process.exitValue() != ExitCode.OK) {
                    processes.forEach(Process::destroyForcibly);
                    return failed(i, process.exitValue(), processes.size(), folder);
                }
            }
        }
        return ExitCode.OK;
    }

    private static int failed(int number, int code, int count, Path folder) throws IOException {
        // What the first one has said stands on the terminal already.
        if (number > 0) {
            // Native libraries write whatever they like.
            List<String> lines = Files.readAllLines(log(folder, number), StandardCharsets.ISO_8859_1);
            lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()).stream()
                    .map(FormatException::escaped)
                    .forEach(System.err::println);
        }
        System.err.println("nla: process " + (number + 1) + " of " + count + " ended with exit code " + code
                + ", so the others were ended too"
                + (code == ExitCode.USAGE || code == ExitCode.BAD_INPUT ? "" : "; go on with --resume"));
        return code > ExitCode.INTERRUPTED || code < 0 ? ExitCode.FAILURE : code;
    }

    private static Path log(Path folder, int number) {
        return folder.resolve("process-" + number + ".log");
    }
}
