package dev.nla4j.cli;

import dev.nla4j.bench.Bench;
import dev.nla4j.bench.TrainBench;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.LowRankAdapter;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MachineProbe;
import dev.nla4j.tensor.ProcessMemory;
import dev.nla4j.tensor.Threads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `nla bench`: the fixed work that other implementations are timed on too.
@Command(
        name = "bench",
        description =
                "Time fixed work: extraction, verbalisation, reconstruction, steps of supervised training. Nothing"
                        + " else should run meanwhile.",
        footer = {
            "",
            "The roof is the products with the weights at the same shapes, timed alone in the same run; for one row",
            "(decode) it is the weights' bytes at the probed bandwidth. For training it is the products with weights",
            "and adapters of rank 32 and those of attention, forward and backward.",
            "",
            "Example: nla bench verbalize --rows 1,64,256 --against peers.json"
        })
final class BenchCommand implements Callable<Integer> {
    private static final long LARGEST_PEERS = 1 << 20;

    /// What can be timed.
    enum Work {
        EXTRACT,
        VERBALIZE,
        RECONSTRUCT,
        TRAIN;

        /// As it is typed.
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Parameters(paramLabel = "extract|verbalize|reconstruct|train", description = "What to time.")
    Work work = Work.EXTRACT;

    @Option(
            names = "--model",
            paramLabel = "M",
            defaultValue = "smollm2-135m-instruct",
            description = "Model (default: ${DEFAULT-VALUE}).")
    String model = Wiring.DEFAULT_MODEL;

    @Option(
            names = "--rows",
            split = ",",
            paramLabel = "N",
            defaultValue = "1,64,256",
            description =
                    "Activations that verbalize writes for at once; 1 is one greedy row (default: ${DEFAULT-VALUE}).")
    List<Integer> rows = List.of();

    @Option(
            names = "--repeats",
            paramLabel = "N",
            defaultValue = "5",
            description = "Counted runs; the median is the figure (default: ${DEFAULT-VALUE}).")
    int repeats;

    @Option(
            names = "--dtype",
            paramLabel = "fp32|bf16",
            description = "One dtype (default: both, the better one counts).")
    @Nullable
    DType dtype;

    @Option(
            names = "--micro-batch",
            paramLabel = "N",
            defaultValue = "32",
            description = "Rows of a training step that go through the model at once (default: ${DEFAULT-VALUE}).")
    int microBatch;

    @Option(names = "--no-adapters", description = "Leave out the rows with adapters of rank 8.")
    boolean noAdapters;

    @Option(
            names = "--against",
            paramLabel = "PEERS.json",
            description = "Figures of other implementations on this machine, for the ratio.")
    @Nullable
    Path against;

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() {
        if (repeats < 1 || rows.isEmpty() || rows.stream().anyMatch(n -> n < 1 || n > 4096)) {
            throw new IllegalArgumentException("repeats must be 1 or more and rows 1 to 4096");
        }
        if (microBatch < 1 || microBatch > 32) {
            throw new IllegalArgumentException("--micro-batch: must be 1 to 32, was " + microBatch);
        }
        JsonNode peers = against == null ? null : peers(against);
        Wiring wiring = new Wiring();
        Threads.useAllProcessors();
        double bandwidth = MachineProbe.readGigabytes();
        Map<String, Bench.Row> best = new LinkedHashMap<>();
        for (DType chosen : dtype == null ? DType.values() : new DType[] {dtype}) {
            try (LanguageModel loaded = wiring.load(model, chosen)) {
                keepBest(best, run(loaded, Bench.plain(loaded, repeats)));
                if (!noAdapters && work != Work.TRAIN) {
                    try (LowRankAdapter adapter = Bench.randomAdapter(loaded)) {
                        keepBest(best, run(loaded, Bench.adapted(loaded, adapter, repeats)));
                    }
                }
            }
        }
        if (json) {
            System.out.println(document(best.values(), peers, bandwidth));
        } else {
            print(best.values(), peers, bandwidth);
        }
        return ExitCode.OK;
    }

    private List<Bench.Row> run(LanguageModel loaded, Bench bench) {
        List<Bench.Row> done = new ArrayList<>();
        switch (work) {
            case EXTRACT -> done.add(bench.extract());
            case RECONSTRUCT -> done.add(bench.reconstruct());
            case TRAIN -> {
                TrainBench training = new TrainBench(loaded, microBatch, repeats);
                done.add(training.verbalizer());
                done.add(training.reconstructor());
            }
            case VERBALIZE -> rows.forEach(n -> done.add(n == 1 ? bench.decode() : bench.verbalize(n)));
        }
        done.forEach(row -> System.err.println(line(row, null)));
        return done;
    }

    private static void keepBest(Map<String, Bench.Row> best, List<Bench.Row> rows) {
        for (Bench.Row row : rows) {
            best.merge(
                    row.name(), row, (a, b) -> a.measure().rate() >= b.measure().rate() ? a : b);
        }
    }

    /// The peers' figures: what their script prints.
    private static JsonNode peers(Path file) {
        JsonNode document = Json.read(file, LARGEST_PEERS);
        if (!document.path("work").isObject()) {
            throw new FormatException(file, -1, "work", "is missing: not what the peers' script prints");
        }
        document.path("work").properties().forEach(row -> {
            JsonNode value = row.getValue().path("value");
            if (!value.isNumber() || !(value.asDouble() > 0)) {
                throw new FormatException(
                        file, -1, "work." + row.getKey() + ".value", "must be a number above 0, is " + value);
            }
        });
        return document.path("work");
    }

    /// The figures of every peer that did the same work, by the peer's name for it.
    private static Map<String, Double> ratios(Bench.Row row, @Nullable JsonNode peers) {
        Map<String, Double> ratios = new LinkedHashMap<>();
        String name = row.name().replaceFirst("_lora\\d+$", "");
        List<String> theirs = name.equals("decode") ? List.of("decode_hf", "decode_llama_cpp") : List.of(name);
        for (String their : theirs) {
            double value = peers == null ? 0 : peers.path(their).path("value").asDouble(0); // 0: not measured
            if (value > 0) {
                ratios.put(their, row.measure().rate() / value);
            }
        }
        return ratios;
    }

    private static String line(Bench.Row row, @Nullable JsonNode peers) {
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "%-20s %10.2f %-15s %-5s %4.0f %% of %s",
                row.name(),
                row.measure().rate(),
                row.unit(),
                row.at(),
                100 * row.share(),
                row.roof()));
        ratios(row, peers)
                .forEach((their, ratio) -> line.append(String.format(Locale.ROOT, "; %.2f x %s", ratio, their)));
        return line.toString();
    }

    private static void print(Iterable<Bench.Row> rows, @Nullable JsonNode peers, double bandwidth) {
        System.out.println(String.format(
                Locale.ROOT,
                "%s, %s, %d threads, allocator %s, gemm fp32 %.0f bf16 %.0f GFLOP/s, read %.1f GB/s",
                Threads.libraryVersion(),
                Threads.cpuCapability(),
                Threads.inUse(),
                ProcessMemory.ofThisMachine().allocator(),
                MachineProbe.gigaflops(DType.FP32),
                MachineProbe.gigaflops(DType.BF16),
                bandwidth));
        rows.forEach(row -> System.out.println(line(row, peers)));
    }

    private static ObjectNode document(Iterable<Bench.Row> rows, @Nullable JsonNode peers, double bandwidth) {
        ObjectNode document = Json.mapper().createObjectNode();
        document.putObject("versions").put("libtorch", Threads.libraryVersion()).put("java", Runtime.version() + "");
        document.putObject("machine")
                .put("cpu_capability", Threads.cpuCapability())
                .put("threads", Threads.inUse())
                .put("allocator", ProcessMemory.ofThisMachine().allocator())
                .put("gemm_float32_gflops", MachineProbe.gigaflops(DType.FP32))
                .put("gemm_bfloat16_gflops", MachineProbe.gigaflops(DType.BF16))
                .put("read_gb_per_s", bandwidth);
        ObjectNode all = document.putObject("work");
        for (Bench.Row row : rows) {
            ObjectNode node = all.putObject(row.name())
                    .put("value", row.measure().rate())
                    .put("unit", row.unit())
                    .put("at", row.at());
            ArrayNode runs = node.putArray("runs");
            for (double rate : row.measure().rates()) {
                runs.add(rate);
            }
            node.put("share_of_roof", row.share()).put("roof", row.roof());
            ObjectNode ratios = node.putObject("ratio");
            ratios(row, peers).forEach(ratios::put);
        }
        return document;
    }
}
