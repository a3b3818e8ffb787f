package dev.nla4j.cli;

import dev.nla4j.format.json.Json;
import dev.nla4j.hub.ModelRef;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Role;
import dev.nla4j.tensor.Allocator;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MachineProbe;
import dev.nla4j.tensor.Threads;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/// `nla doctor`: what works on this machine, and how fast.
@Command(
        name = "doctor",
        description = "Check Java, the tensor library, the model store and the shipped pair; measure the machine.",
        footer = {"", "Example: nla doctor --json"})
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() {
        Threads.useAllProcessors();
        Wiring wiring = new Wiring();
        boolean modelHere =
                wiring.store().find(ModelRef.parse(Wiring.DEFAULT_MODEL)).isPresent();
        Path pair = Wiring.shippedPair();
        boolean pairHere = Stream.of(Role.values()).allMatch(role -> NlaMeta.isIn(pair.resolve(role.label())));
        ObjectNode facts = Json.mapper().createObjectNode();
        facts.put("java", System.getProperty("java.vendor") + " " + Runtime.version());
        facts.put("platform", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        facts.put("processors", Runtime.getRuntime().availableProcessors());
        facts.put("threads", Threads.inUse());
        facts.put("memory_gb", round(memoryBytes() / 1e9));
        facts.put("allocator", Allocator.ofThisProcess().name());
        facts.put("libtorch", Threads.libraryVersion());
        facts.put("processor", MachineProbe.processor());
        facts.put("cpu_capability", Threads.cpuCapability());
        for (DType dtype : DType.values()) {
            String name = dtype.name().toLowerCase(Locale.ROOT);
            facts.put("gemm_" + name + "_gflops", round(MachineProbe.gigaflops(dtype)));
            facts.put("row_difference_" + name, MachineProbe.rowDifference(dtype));
        }
        facts.put("read_gb_per_s", round(MachineProbe.readGigabytes()));
        facts.put("store", wiring.store().root().toString());
        facts.put("default_model", modelHere ? "here" : "not here yet; the first use brings it");
        facts.put("shipped_pair", pairHere ? pair.toString() : "missing: " + pair);
        if (json) {
            System.out.println(facts);
        } else {
            print(facts);
        }
        return pairHere ? ExitCode.OK : ExitCode.FAILURE;
    }

    private static void print(ObjectNode facts) {
        facts.properties()
                .forEach(fact -> System.out.println(String.format(
                        Locale.ROOT, "%-22s %s", fact.getKey(), fact.getValue().asString())));
        for (DType dtype : DType.values()) {
            String name = dtype.name().toLowerCase(Locale.ROOT);
            boolean invariant = facts.path("row_difference_" + name).doubleValue() == 0;
            System.out.println(
                    name + ": a row's result "
                            + (invariant
                                    ? "does not depend on the rows beside it: explanations are the same bits in any batch (small models' shapes)"
                                    : "depends on how many rows go through beside it: results agree across batch sizes only up to rounding"));
        }
    }

    private static double round(double value) {
        return Math.round(value * 10) / 10.0;
    }

    private static long memoryBytes() {
        return java.lang.management.ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.OperatingSystemMXBean bean
                ? bean.getTotalMemorySize()
                : 0;
    }
}
