package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
    /// To write 5 there forgets the peak of resident memory (proc(5)).
    private static final Path PEAK = Path.of("/proc/self/clear_refs");

    /// 2,048 explanations, or as many rounds as `-Dnla.soak.rounds` says.
    @Test
    @Tag("soak")
    void thousands_of_explanations_leave_memory_flat() throws IOException {
        Growth growth = growth(Integer.getInteger("nla.soak.rounds", 32));
        System.out.println(growth);
        assertThat(growth.share()).as("%s", growth).isLessThan(0.02);
        assertThat(growth.peakShare()).as("%s", growth).isLessThan(0.02);
        // The machine itself drifts, by a tenth when nothing else runs; work that grows with what was done does not
        // stop.
        assertThat(growth.last().seconds() / growth.first().seconds())
                .as("%s", growth)
                .isLessThan(1.25);
    }

    @Test
    @Tag("model")
    void two_hundred_explanations_leave_memory_flat() throws IOException {
        // The JVM and what allocators keep for threads move by some 15 MB; a batch whose tensors are not freed takes
        // gigabytes.
        Growth growth = growth(2);
        assertThat(growth.last().resident() - growth.first().resident())
                .as("MB grown from the first to the last round")
                .isLessThan(60);
    }

    /// A round, or the means of several, of the seconds their median.
    ///
    /// @param resident memory after it, MB
    /// @param peak most that was resident while it ran, MB
    private record Round(double resident, double peak, double seconds) {
        static Round of(List<Round> rounds) {
            return new Round(
                    rounds.stream().mapToDouble(Round::resident).average().orElseThrow(),
                    rounds.stream().mapToDouble(Round::peak).average().orElseThrow(),
                    rounds.stream()
                            .map(Round::seconds)
                            .sorted()
                            .skip(rounds.size() / 2)
                            .findFirst()
                            .orElseThrow());
        }
    }

    /// The first and the last quarter of the rounds, after some to warm up.
    private record Growth(int explanations, Round first, Round last) {
        double share() {
            return last.resident() / first.resident() - 1;
        }

        double peakShare() {
            return last.peak() / first.peak() - 1;
        }

        @Override
        public String toString() {
            return "%,d explanations, first and last quarter: resident after a round %.0f and %.0f MB (%+.2f %%), at most in a round %.0f and %.0f MB (%+.2f %%); %.2f and %.2f explanations/s"
                    .formatted(
                            explanations,
                            first.resident(),
                            last.resident(),
                            100 * share(),
                            first.peak(),
                            last.peak(),
                            100 * peakShare(),
                            A_ROUND / first.seconds(),
                            A_ROUND / last.seconds());
        }
    }

    private static Growth growth(int rounds) throws IOException {
        LocalModel model = DefaultModel.required();
        assumeTrue(Files.isWritable(PEAK), "resident memory is read from /proc");
        Threads.useAllProcessors();
        Random random = new Random(1);
        List<Round> measured = new ArrayList<>();
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
                Files.writeString(PEAK, "5");
                long start = System.nanoTime();
                explainer.explain(activations, new Explainer.Options(1, 0.7, round, 24), Progress.NONE);
                double took = (System.nanoTime() - start) / 1e9;
                System.gc();
                if (round >= WARM_UP) {
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
                    measured.add(new Round(megabytes("VmRSS"), megabytes("VmHWM"), took));
                }
            }
        }
        System.out.println("MB resident after each " + A_ROUND + " explanations: "
                + measured.stream().map(Round::resident).toList());
        System.out.println("at most while they were written: "
                + measured.stream().map(Round::peak).toList());
        System.out.println("of it Java's heap and the rest of the JVM, MB: " + java);
        int quarter = Math.max(1, rounds / 4);
        return new Growth(
                rounds * A_ROUND,
                Round.of(measured.subList(0, quarter)),
                Round.of(measured.subList(rounds - quarter, rounds)));
    }

    private static double megabytes(String field) throws IOException {
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith(field + ":"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1000)
                .findFirst()
                .orElseThrow();
    }
}
