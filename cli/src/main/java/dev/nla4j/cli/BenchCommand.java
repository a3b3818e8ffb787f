package dev.nla4j.cli;

import dev.nla4j.bench.Bench;
import dev.nla4j.bench.JointBench;
import dev.nla4j.bench.TrainBench;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.LowRankAdapter;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.tensor.Allocator;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MachineProbe;
import dev.nla4j.tensor.Threads;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.config.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `nla bench`: the fixed work that other implementations are timed on too.
@Command(
        name = "bench",
        description =
                "Time fixed work: extraction, verbalisation, reconstruction, steps of supervised training or of joint"
                        + " learning. Nothing else should run meanwhile.",
        footer = {
            "",
            "The roof is the products with the weights at the same shapes, timed alone in the same run, in extraction and",
            "reconstruction with those of attention where it is made of products; for one row (decode) it is the weights'",
            "bytes at the probed bandwidth. For training it is the products with weights and adapters of rank 32 and",
            "those of attention, forward and backward.",
            "A step of joint learning is 8 texts of 64 tokens each on 16 activations, in seconds; its roof is the sum of",
            "its parts'.",
            "",
            "Example: nla bench verbalize --rows 1,64,256 --against peers.json"
        })
final class BenchCommand implements Callable<Integer> {
    private static final long LARGEST_PEERS = 1 << 20;
    private static final List<String> DECODE = List.of("decode_hf", "decode_llama_cpp");
    private static final int PEERS_DIM = 576;
    private static final int PEERS_LAYERS = 30;

    /// What can be timed.
    enum Work {
        EXTRACT,
        VERBALIZE,
        RECONSTRUCT,
        TRAIN,
        JOINT;

        /// As it is typed.
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Parameters(paramLabel = "extract|verbalize|reconstruct|train|joint", description = "What to time.")
    Work work = Work.EXTRACT;

    @Mixin
    ModelOption model = new ModelOption();

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
            description = "One dtype (default: both, the better one counts; joint: that of explain).")
    @Nullable
    DType dtype;

    @Option(
            names = "--micro-batch",
            paramLabel = "N",
            defaultValue = "32",
            description = "Rows of a training step that go through the model at once (default: ${DEFAULT-VALUE}).")
    int microBatch;

    @Option(
            names = "--nla",
            paramLabel = "DIR",
            description = "Pair whose halves learn in a joint step. Default: the one that comes with this program.")
    @Nullable
    Path pair;

    @Option(names = "--no-adapters", description = "Leave out the rows with adapters of rank 8.")
    boolean noAdapters;

    @Option(
            names = "--against",
            paramLabel = "PEERS.json",
            description =
                    "Figures of other implementations on this machine, for the ratio (form: docs/design/engine.md).")
    @Nullable
    Path against;

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() {
        if (repeats < 1) {
            throw new IllegalArgumentException("--repeats: must be 1 or more, was " + repeats);
        }
        if (rows.isEmpty() || rows.stream().anyMatch(n -> n < 1 || n > 256)) {
            throw new IllegalArgumentException(
                    "--rows: must be 1 to 256 each, which are written at once, were " + rows);
        }
        if (microBatch < 1 || microBatch > 32) {
            throw new IllegalArgumentException("--micro-batch: must be 1 to 32, was " + microBatch);
        }
        if (work == Work.JOINT) {
            if (against != null || noAdapters) {
                throw new IllegalArgumentException(
                        "--against and --no-adapters go with the other works: a joint step has"
                                + " adapters, and no peer's figure is of one");
            }
            return joint();
        }
        JsonNode peers = against == null ? null : peers(against);
        if (peers != null && theirNames().noneMatch(peers.path("work")::has)) {
            System.err.println("nla: " + against + " has no figure of this work");
        }
        Wiring wiring = new Wiring();
        useThreadsOf(peers);
        Machine machine = Machine.probe();
        Map<String, Bench.Row> best = new LinkedHashMap<>();
        for (DType chosen : dtype == null ? DType.values() : new DType[] {dtype}) {
            try (LanguageModel loaded =
                    work == Work.TRAIN ? wiring.loadToLearn(model.name, chosen) : wiring.load(model.name, chosen)) {
                requirePeersModel(peers, loaded);
                useThreadsOf(peers); // loading takes all processors
                keepBest(best, run(loaded, Bench.plain(loaded, repeats)));
                if (!noAdapters && work != Work.TRAIN) {
                    try (LowRankAdapter adapter = Bench.randomAdapter(loaded)) {
                        keepBest(best, run(loaded, Bench.adapted(loaded, adapter, repeats)));
                    }
                }
            }
        }
        if (json) {
            System.out.println(document(best.values(), peers, machine));
        } else {
            print(best.values(), peers, machine);
        }
        return ExitCode.OK;
    }

    /// As the default configuration of joint learning has it.
    private int joint() {
        Wiring wiring = new Wiring();
        DType chosen = dtype == null ? DType.preferred() : dtype;
        PairFolder halves = PairFolder.in(pair == null ? Wiring.shippedPair() : pair);
        RlConfig config = TrainConfig.read(ConfigTree.empty()
                        .set("train.rl.micro-batch=" + microBatch)
                        .section())
                .rl();
        List<JointBench.Seconds> steps = new ArrayList<>();
        double products;
        try (LanguageModel loaded = wiring.loadToLearn(model.name, chosen)) {
            halves.requireFits(loaded.config(), Path.of(model.name));
            Threads.useAllProcessors();
            try (JointBench bench = new JointBench(loaded, halves, config)) {
                for (int i = -1; i < repeats; i++) { // the first one warms up
                    JointBench.Seconds step = bench.step();
                    System.err.println((i < 0 ? "warming up: " : "") + line(step, chosen));
                    if (i >= 0) {
                        steps.add(step);
                    }
                }
                products = bench.products();
            }
        }
        steps.sort(Comparator.comparingDouble(JointBench.Seconds::sum));
        JointBench.Seconds median = steps.get(steps.size() / 2);
        if (!json) {
            System.out.println(MachineProbe.processor() + ", " + Threads.libraryVersion() + ", "
                    + Threads.cpuCapability() + ", " + Threads.inUse() + " threads");
            System.out.println(line(median, chosen)
                    + String.format(
                            Locale.ROOT,
                            "; %.0f %% of the roof: its products alone take %.1f s",
                            100 * products / median.sum(),
                            products));
            return ExitCode.OK;
        }
        ObjectNode node = Json.mapper().createObjectNode();
        node.putObject("joint_step")
                .put("value", median.sum())
                .put("unit", "s")
                .put("at", chosen.name().toLowerCase(Locale.ROOT))
                .put("writing", median.writing())
                .put("reconstructor", median.reconstructor())
                .put("verbalizer", median.verbalizer())
                .put("update", median.update())
                .put("share_of_roof", products / median.sum())
                .put("products", products);
        System.out.println(
                Json.mapper().createObjectNode().put("model", model.name).set("work", node));
        return ExitCode.OK;
    }

    private static String line(JointBench.Seconds step, DType dtype) {
        return String.format(
                Locale.ROOT,
                "joint_step %10.2f s %s: writing %.1f, reconstructor (scores with it) %.1f, verbalizer %.1f, update %.2f",
                step.sum(),
                dtype.name().toLowerCase(Locale.ROOT),
                step.writing(),
                step.reconstructor(),
                step.verbalizer(),
                step.update());
    }

    /// What this machine is, measured before anything else.
    ///
    /// @param bandwidth GB/s
    private record Machine(double fp32, double bf16, double bandwidth) {
        static Machine probe() {
            return new Machine(
                    MachineProbe.gigaflops(DType.FP32),
                    MachineProbe.gigaflops(DType.BF16),
                    MachineProbe.readGigabytes());
        }
    }

    /// As many threads as the peers had: a ratio between unequal numbers of them says nothing.
    private static void useThreadsOf(@Nullable JsonNode peers) {
        int theirs = peers == null ? 0 : peers.path("machine").path("threads").asInt(0);
        if (theirs > 0) {
            Threads.use(theirs);
        } else {
            Threads.useAllProcessors();
        }
    }

    /// The peers' figures are of one model.
    private void requirePeersModel(@Nullable JsonNode peers, LanguageModel loaded) {
        ModelConfig config = loaded.config();
        if (peers != null && !(config.dim() == PEERS_DIM && config.numLayers() == PEERS_LAYERS)) {
            throw new InputException("--against: the peers' figures are of SmolLM2-135M (" + PEERS_LAYERS
                    + " blocks, " + PEERS_DIM + " wide), " + model.name + " has " + config.numLayers()
                    + " blocks and is "
                    + config.dim() + " wide");
        }
    }

    private List<Bench.Row> run(LanguageModel loaded, Bench bench) {
        List<Bench.Row> done = new ArrayList<>();
        switch (work) {
            case JOINT -> throw new IllegalStateException("has been done");
            case EXTRACT -> done.add(shown(bench.extract()));
            case RECONSTRUCT -> done.add(shown(bench.reconstruct()));
            case TRAIN -> {
                TrainBench training = new TrainBench(loaded, microBatch, repeats);
                done.add(shown(training.verbalizer()));
                done.add(shown(training.reconstructor()));
            }
            case VERBALIZE -> rows.forEach(n -> done.add(shown(n == 1 ? bench.decode() : bench.verbalize(n))));
        }
        return done;
    }

    /// Said at once: the next one takes minutes.
    private static Bench.Row shown(Bench.Row row) {
        System.err.println(line(row, null));
        return row;
    }

    private static void keepBest(Map<String, Bench.Row> best, List<Bench.Row> rows) {
        for (Bench.Row row : rows) {
            best.merge(
                    row.name(), row, (a, b) -> a.measure().rate() >= b.measure().rate() ? a : b);
        }
    }

    /// The peers' figures, in the form that engine.md gives.
    static JsonNode peers(Path file) {
        JsonNode document = Json.read(file, LARGEST_PEERS);
        if (!document.path("work").isObject()) {
            throw new FormatException(
                    file, -1, "work", "is missing; docs/design/engine.md, \"Measured\", says what such a file holds");
        }
        document.path("work").properties().forEach(row -> {
            JsonNode value = row.getValue().path("value");
            if (!value.isNumber() || !(value.asDouble() > 0) || Double.isInfinite(value.asDouble())) {
                throw new FormatException(
                        file,
                        -1,
                        "work." + row.getKey() + ".value",
                        "must be a number above 0, is " + (value.isMissingNode() ? "missing" : value));
            }
        });
        JsonNode said = document.path("machine").path("threads");
        if (!said.isIntegralNumber() || !said.canConvertToInt() || said.asInt() < 1) {
            throw new FormatException(
                    file,
                    -1,
                    "machine.threads",
                    "must say in a whole number how many threads they had, ratios to others say nothing; is "
                            + (said.isMissingNode() ? "missing" : said));
        }
        int threads = said.asInt();
        if (threads > Runtime.getRuntime().availableProcessors()) {
            throw new FormatException(
                    file,
                    -1,
                    "machine.threads",
                    "is " + threads + ", this machine has "
                            + Runtime.getRuntime().availableProcessors() + " processors: not figures of this machine");
        }
        return document;
    }

    /// What peers call the rows of this work.
    private Stream<String> theirNames() {
        return switch (work) {
            case JOINT -> Stream.empty();
            case EXTRACT, RECONSTRUCT -> Stream.of(work.toString());
            case TRAIN -> Stream.of("train_av", "train_ar");
            case VERBALIZE -> rows.stream().flatMap(n -> n == 1 ? DECODE.stream() : Stream.of("verbalize_" + n));
        };
    }

    /// The figures of every peer that did the same work, by the peer's name for it.
    static Map<String, Double> ratios(Bench.Row row, @Nullable JsonNode peers) {
        Map<String, Double> ratios = new LinkedHashMap<>();
        String name = row.name().replaceFirst("_lora\\d+$", "");
        List<String> theirs = name.equals("decode") ? DECODE : List.of(name);
        for (String their : theirs) {
            double value = peers == null
                    ? 0
                    : peers.path("work").path(their).path("value").asDouble(0); // 0: not measured
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

    private static void print(Iterable<Bench.Row> rows, @Nullable JsonNode peers, Machine machine) {
        System.out.println(String.format(
                Locale.ROOT,
                "%s, %s, %s, %d threads, allocator %s, gemm fp32 %.0f bf16 %.0f GFLOP/s, read %.1f GB/s",
                MachineProbe.processor(),
                Threads.libraryVersion(),
                Threads.cpuCapability(),
                Threads.inUse(),
                Allocator.ofThisProcess().name(),
                machine.fp32,
                machine.bf16,
                machine.bandwidth));
        if (peers != null) {
            System.out.println(Stream.of("versions", "machine")
                    .map(part -> peers.has(part) ? peers.get(part).toString() : part + " not told")
                    .collect(Collectors.joining(", ", "peers: ", "")));
        }
        rows.forEach(row -> System.out.println(line(row, peers)));
    }

    private ObjectNode document(Iterable<Bench.Row> rows, @Nullable JsonNode peers, Machine machine) {
        ObjectNode document = Json.mapper().createObjectNode();
        document.putObject("versions").put("libtorch", Threads.libraryVersion()).put("java", Runtime.version() + "");
        document.put("model", model.name);
        document.putObject("machine")
                .put("processor", MachineProbe.processor())
                .put("cpu_capability", Threads.cpuCapability())
                .put("threads", Threads.inUse())
                .put("allocator", Allocator.ofThisProcess().name())
                .put("gemm_float32_gflops", machine.fp32)
                .put("gemm_bfloat16_gflops", machine.bf16)
                .put("read_gb_per_s", machine.bandwidth);
        if (peers != null) {
            ObjectNode theirs = document.putObject("peers");
            theirs.set("versions", peers.path("versions"));
            theirs.set("machine", peers.path("machine"));
        }
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
