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

    @Test
    @Tag("soak")
    void two_thousand_explanations_leave_memory_flat() throws IOException {
        assertThat(growth(32))
                .as("MB grown between the first and the last quarter")
                .isLessThan(20);
    }

    @Test
    @Tag("model")
    void two_hundred_explanations_leave_memory_flat() throws IOException {
        // The allocator itself moves by up to 75 MB; a batch whose tensors are not freed takes gigabytes.
        assertThat(growth(2)).as("MB grown from the first to the last round").isLessThan(150);
    }

    /// Mean resident memory of the last quarter of the rounds less that of the first, after one round to warm up, in
    /// MB.
    private static double growth(int rounds) throws IOException {
        LocalModel model = DefaultModel.required();
        org.junit.jupiter.api.Assumptions.assumeTrue(Files.exists(STATUS), "resident memory is read from /proc");
        Threads.useAllProcessors();
        Random random = new Random(1);
        List<Double> resident = new ArrayList<>();
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
                explainer.explain(activations, new Explainer.Options(1, 0.7, round, 24), Progress.NONE);
                System.gc();
                if (round >= WARM_UP) {
                    resident.add(residentMegabytes());
                }
            }
        }
        System.out.println("resident MB after each " + A_ROUND + " explanations: " + resident);
        int quarter = Math.max(1, rounds / 4);
        return mean(resident.subList(rounds - quarter, rounds)) - mean(resident.subList(0, quarter));
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
