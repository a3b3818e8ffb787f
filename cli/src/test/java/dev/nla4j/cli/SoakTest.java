package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.hub.LocalModel;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.nla.Explainer;
import dev.nla4j.nla.Nla;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Threads;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Memory stays where it is: native memory is owned by scopes, so thousands of explanations need no more than some.
class SoakTest {
    private static final int A_ROUND = 64;
    private static final int WARM_UP = 2;
    private static final Path STATUS = Path.of("/proc/self/status");

    /// 2,048 explanations, or as many rounds as `-Dnla.soak.rounds` says.
    @Test
    @Tag("soak")
    void thousands_of_explanations_leave_memory_flat() throws IOException {
        Growth growth = growth(Integer.getInteger("nla.soak.rounds", 32));
        System.out.println(growth);
        assertThat(growth.share()).as("%s", growth).isLessThan(0.02);
        // The machine itself drifts, by a tenth when nothing else runs; work that grows with what was done does not
        // stop.
        assertThat(growth.lastSeconds() / growth.firstSeconds())
                .as("%s", growth)
                .isLessThan(1.25);
    }

    @Test
    @Tag("model")
    void two_hundred_explanations_leave_memory_flat() throws IOException {
        // The allocator itself moves by up to 75 MB; a batch whose tensors are not freed takes gigabytes.
        assertThat(growth(2).megabytes())
                .as("MB grown from the first to the last round")
                .isLessThan(150);
    }

    /// The first and the last quarter of the rounds, after some to warm up.
    ///
    /// @param first mean resident memory, MB
    /// @param firstSeconds median of a round
    private record Growth(int explanations, double first, double last, double firstSeconds, double lastSeconds) {
        double megabytes() {
            return last - first;
        }

        double share() {
            return last / first - 1;
        }

        @Override
        public String toString() {
            return "%,d explanations: resident %.0f MB in the first quarter, %.0f MB in the last (%+.2f %%); %.2f and %.2f explanations/s"
                    .formatted(explanations, first, last, 100 * share(), A_ROUND / firstSeconds, A_ROUND / lastSeconds);
        }
    }

    private static Growth growth(int rounds) throws IOException {
        LocalModel model = DefaultModel.required();
        org.junit.jupiter.api.Assumptions.assumeTrue(Files.exists(STATUS), "resident memory is read from /proc");
        Threads.useAllProcessors();
        Random random = new Random(1);
        List<Double> resident = new ArrayList<>();
        List<Double> seconds = new ArrayList<>();
        List<String> java = new ArrayList<>();
        try (LanguageModel target =
                        ModelLoader.load(model.path(), DType.BF16, ModelLoader.Extent.WHOLE, Progress.NONE);
                Nla nla = Nla.open(
                        DefaultModel.shippedPair(),
                        new Nla.Base(target, model.sha256(Progress.NONE).orElseThrow(), false),
                        DType.BF16,
                        Progress.NONE)) {
            Explainer explainer = new Explainer(target, nla, OptionalDouble.empty());
            for (int round = 0; round < WARM_UP + rounds; round++) {
                float[][] activations = new float[A_ROUND][target.config().dim()];
                for (float[] activation : activations) {
                    for (int i = 0; i < activation.length; i++) {
                        activation[i] = (float) random.nextGaussian();
                    }
                }
                long start = System.nanoTime();
                explainer.explain(activations, new Explainer.Options(1, 0.7, round, 24), Progress.NONE);
                double took = (System.nanoTime() - start) / 1e9;
                System.gc();
                if (round >= WARM_UP) {
                    seconds.add(took);
                    java.add("%d+%d"
                            .formatted(
                                    ManagementFactory.getMemoryMXBean()
                                                    .getHeapMemoryUsage()
                                                    .getCommitted()
                                            / 1_000_000,
                                    ManagementFactory.getMemoryMXBean()
                                                    .getNonHeapMemoryUsage()
                                                    .getCommitted()
                                            / 1_000_000));
                    resident.add(residentMegabytes());
                }
            }
        }
        System.out.println("resident MB after each " + A_ROUND + " explanations: " + resident);
        System.out.println("of it Java's heap and the rest of the JVM, MB: " + java);
        int quarter = Math.max(1, rounds / 4);
        return new Growth(
                rounds * A_ROUND,
                mean(resident.subList(0, quarter)),
                mean(resident.subList(rounds - quarter, rounds)),
                median(seconds.subList(0, quarter)),
                median(seconds.subList(rounds - quarter, rounds)));
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    private static double residentMegabytes() throws IOException {
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1000)
                .findFirst()
                .orElseThrow();
    }
}
