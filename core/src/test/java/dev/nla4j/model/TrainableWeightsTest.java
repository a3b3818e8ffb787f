package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.model.ModelLoader.Extent;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Full weights of every family, learned and written.
class TrainableWeightsTest {
    private static final int TOKENS = 11;

    @TempDir
    Path folder;

    static Stream<Spelling> spellings() throws URISyntaxException {
        return Spelling.all();
    }

    private Path model(Spelling spelling) throws IOException {
        return TinyFolder.write(
                folder.resolve("model"), spelling.old(), spelling.prefixes().getFirst(), 31);
    }

    private static float[] logits(Decoder decoder) {
        return Tensors.floats(decoder.logits(decoder.residual(decoder.embed(ids(decoder)), Context.none())));
    }

    private static float[] residual(Decoder decoder, int depth) {
        return Tensors.floats(decoder.residual(decoder.embed(ids(decoder)), depth, Context.none(), (at, stream) -> {}));
    }

    private static Tensor ids(Decoder decoder) {
        return Tensors.ids(new int[][] {
            new Random(8).ints(TOKENS, 0, decoder.config().vocabulary()).toArray()
        });
    }

    private static void nudge(TrainableWeights weights) {
        Random random = new Random(12);
        try (Scope _ = Scope.noGrad()) {
            weights.leaves()
                    .values()
                    .forEach(leaf -> leaf.add_(Tensors.times(TinyModels.normal(random, Shapes.of(leaf)), 0.1)));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("spellings")
    void what_was_learned_is_written_and_read_to_the_bit(Spelling spelling) throws IOException {
        Path from = model(spelling);
        for (DType dtype : DType.values()) {
            Path whole = folder.resolve("whole-" + dtype);
            Path trunk = folder.resolve("trunk-" + dtype);
            float[] learned;
            float[] inside;
            try (LanguageModel model = ModelLoader.loadToLearn(from, dtype, Extent.WHOLE, Progress.NONE);
                    TrainableWeights all = TrainableWeights.whole(model);
                    TrainableWeights first = TrainableWeights.trunk(model, 2);
                    Scope _ = Scope.noGrad()) {
                float[] before = logits(model.decoder());
                assertThat(logits(all.on(model.decoder()))).as("fresh").isEqualTo(before);
                nudge(all);
                nudge(first);
                learned = logits(all.on(model.decoder()));
                inside = residual(first.on(model.decoder()), 2);
                assertThat(learned).isNotEqualTo(before);
                assertThat(logits(model.decoder())).as("the base").isEqualTo(before);
                all.write(whole, "nobody/tiny");
                first.write(trunk, "nobody/tiny");
            }
            try (LanguageModel read = ModelLoader.loadToLearn(whole, dtype, Extent.WHOLE, Progress.NONE);
                    LanguageModel cut = ModelLoader.loadToLearn(trunk, dtype, Extent.TRUNK, Progress.NONE);
                    Scope _ = Scope.noGrad()) {
                assertThat(cut.config().numLayers()).isEqualTo(2);
                assertThat(logits(read.decoder())).as("whole " + dtype).isEqualTo(learned);
                assertThat(residual(cut.decoder(), 2)).as("trunk " + dtype).isEqualTo(inside);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("spellings")
    void every_weight_of_a_model_learns_and_a_trunks_embedding_does_not(Spelling spelling) throws IOException {
        try (LanguageModel model = ModelLoader.load(model(spelling), DType.FP32, Extent.WHOLE, Progress.NONE);
                TrainableWeights all = TrainableWeights.whole(model);
                TrainableWeights trunk =
                        TrainableWeights.trunk(model, model.config().numLayers());
                Scope _ = Scope.open()) {
            Decoder decoder = all.on(model.decoder());
            decoder.logits(decoder.residual(decoder.embed(ids(decoder)), Context.none()))
                    .square()
                    .sum()
                    .backward();
            all.leaves()
                    .forEach((name, leaf) ->
                            assertThat(leaf.grad().defined()).as(name).isTrue());
            long numbers =
                    all.leaves().values().stream().mapToLong(Tensor::numel).sum();
            assertThat(numbers).isEqualTo(WeightSize.bytes(model.config(), DType.FP32, Extent.WHOLE) / 4);
            List<String> beyond = all.leaves().keySet().stream()
                    .filter(name -> !trunk.leaves().containsKey(name))
                    .toList();
            assertThat(beyond).containsOnlyOnce("model.embed_tokens.weight").contains("model.norm.weight");
            assertThat(beyond).hasSize(model.config().tiedHead() ? 2 : 3);
        }
    }
}
