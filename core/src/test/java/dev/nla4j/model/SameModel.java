package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.model.ModelConfig.Heads;
import dev.nla4j.model.ModelLoader.Extent;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;

/// Whether two files hold the same model: the same configuration, and the same numbers at every depth.
final class SameModel {
    private static final int TOKENS = 24;
    private static final int INJECTED_ROW = 7;

    private SameModel() {}

    /// Every field but the two that tell the file's kind: whether norm weights still lack their one, and Mistral from
    /// Llama. Numbers that GGUF keeps in fp32 may differ by its rounding.
    static void assertSameConfig(ModelConfig ours, ModelConfig expected) {
        assertThat(ours.family().architecture()).isEqualTo(expected.family().architecture());
        assertThat(ours.vocabulary()).isEqualTo(expected.vocabulary());
        assertThat(ours.dim()).isEqualTo(expected.dim());
        assertThat(ours.hidden()).isEqualTo(expected.hidden());
        assertThat(withScale(ours.heads(), 1)).isEqualTo(withScale(expected.heads(), 1));
        assertThat(ours.heads().scale())
                .isCloseTo(
                        expected.heads().scale(), within(1e-7 * expected.heads().scale()));
        assertThat(ours.norm().eps()).isEqualTo(expected.norm().eps());
        assertThat(ours.norm().sandwich()).isEqualTo(expected.norm().sandwich());
        assertThat(ours.activation()).isEqualTo(expected.activation());
        assertThat(ours.embedScale()).isEqualTo(expected.embedScale());
        assertThat(ours.logitCap()).isEqualTo(expected.logitCap());
        assertThat(ours.tiedHead()).isEqualTo(expected.tiedHead());
        assertThat(ours.contextLength()).isEqualTo(expected.contextLength());
        assertThat(ours.layers()).hasSameSizeAs(expected.layers());
        for (int layer = 0; layer < ours.numLayers(); layer++) {
            assertThat(ours.layers().get(layer).window())
                    .as("window of layer %s", layer)
                    .isEqualTo(expected.layers().get(layer).window());
            assertSameRope(
                    ours.layers().get(layer).rope(),
                    expected.layers().get(layer).rope());
        }
    }

    private static Heads withScale(Heads heads, double scale) {
        return new Heads(
                heads.queries(),
                heads.keyValues(),
                heads.width(),
                scale,
                heads.scoreCap(),
                heads.headNorms(),
                heads.inputBias(),
                heads.outputBias());
    }

    private static void assertSameRope(Rope ours, Rope expected) {
        assertThat(ours.theta()).isEqualTo(expected.theta());
        assertThat(ours.width()).isEqualTo(expected.width());
        assertThat(ours.scaling().attentionFactor())
                .isCloseTo(expected.scaling().attentionFactor(), within(1e-6));
        for (int length : new int[] {1, 16, 17, 200, 300}) {
            float[] found = ours.frequencies(length);
            float[] wanted = expected.frequencies(length);
            assertThat(found).hasSameSizeAs(wanted);
            for (int i = 0; i < found.length; i++) {
                assertThat(found[i]).as("pair %s at %s", i, length).isCloseTo(wanted[i], within(1e-6f * wanted[i]));
            }
        }
    }

    /// Hidden states after every block, final norm, logits, and logits with a vector in place of an embedding agree to
    /// `tolerance` of the largest number each.
    static void assertSameNumbers(Path ours, Path expected, double tolerance) {
        List<float[]> found = numbers(ours);
        List<float[]> wanted = numbers(expected);
        assertThat(found).hasSameSizeAs(wanted);
        for (int i = 0; i < found.size(); i++) {
            assertClose("output " + i, found.get(i), wanted.get(i), tolerance);
        }
    }

    private static void assertClose(String name, float[] found, float[] wanted, double tolerance) {
        assertThat(found).as(name).hasSameSizeAs(wanted);
        double largest = 0;
        double worst = 0;
        for (int i = 0; i < wanted.length; i++) {
            largest = Math.max(largest, Math.abs(wanted[i]));
            double difference = Math.abs((double) found[i] - wanted[i]);
            worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
        }
        assertThat(largest).as(name).isPositive();
        assertThat(worst).as(name).isLessThanOrEqualTo(tolerance * largest);
    }

    private static List<float[]> numbers(Path path) {
        try (LanguageModel model = ModelLoader.load(path, DType.FP32, Extent.WHOLE, Progress.NONE);
                Scope _ = Scope.noGrad()) {
            assertThat(model.tokenizerOrNull()).isNull();
            Decoder decoder = model.decoder();
            int vocabulary = model.config().vocabulary();
            Random random = new Random(5);
            Tensor embeddings = decoder.embed(Tensors.ids(new int[][] {
                random.ints(TOKENS, 0, vocabulary).toArray(),
                random.ints(TOKENS, 0, vocabulary).toArray()
            }));
            List<float[]> numbers = new ArrayList<>();
            int blocks = model.config().numLayers();
            Tensor last = decoder.residual(
                    embeddings, blocks, Context.none(), (depth, residual) -> numbers.add(Tensors.floats(residual)));
            numbers.add(Tensors.floats(decoder.finalNorm(last)));
            numbers.add(Tensors.floats(decoder.logits(last)));
            Tensor injected = embeddings.clone();
            injected.select(1, INJECTED_ROW)
                    .copy_(Tensors.times(
                            TinyModels.normal(random, 2, model.config().dim()), 50));
            numbers.add(Tensors.floats(decoder.logits(decoder.residual(injected, Context.none()))));
            return numbers;
        }
    }
}
