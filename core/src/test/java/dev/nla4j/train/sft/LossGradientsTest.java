package dev.nla4j.train.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.AffineMap;
import dev.nla4j.activation.Injection;
import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.TinyModels;
import dev.nla4j.model.Trainable;
import dev.nla4j.model.TrainableAdapter;
import dev.nla4j.model.TrainableWeights;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.FiniteDifferences;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Gradients of both supervised losses on a tiny model, against central differences and against the plain forward pass
/// without a shared prefix.
class LossGradientsTest {
    private static final int[] PROMPT = {5, 9, 14, 3, 60, 4, 22};
    private static final Injection INJECTION = new Injection(60, 3, 4, 2);
    private static final ModelConfig CONFIG = TinyModels.llama(0, 0);
    /// Of the largest gradient: sums over some hundred tokens in two orders of addition.
    private static final float ROUNDING = 1e-5f;

    private static float[] vector(long seed) {
        Random random = new Random(seed);
        float[] vector = new float[TinyModels.DIM];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    private static List<PromptedAnswers.Answer> answers() {
        return List.of(
                new PromptedAnswers.Answer(vector(1), new int[] {7, 8, 11, 2}),
                new PromptedAnswers.Answer(vector(2), new int[] {19}),
                new PromptedAnswers.Answer(vector(3), new int[] {33, 12}));
    }

    /// 350 tokens: more than logits are made for at once.
    private static List<PromptedAnswers.Answer> many(int vocabulary) {
        Random random = new Random(5);
        return IntStream.range(0, 70)
                .mapToObj(i -> new PromptedAnswers.Answer(
                        vector(i), random.ints(5, 0, vocabulary).toArray()))
                .toList();
    }

    private static TrainableAdapter adapter() {
        return adapter(CONFIG);
    }

    /// An adapter whose B's are not zero, so that every leaf has a gradient.
    private static TrainableAdapter adapter(ModelConfig config) {
        TrainableAdapter adapter = TrainableAdapter.fresh(config, config.numLayers(), 2, 4, 7);
        Random random = new Random(11);
        try (Scope _ = Scope.noGrad()) {
            for (Tensor leaf : adapter.leaves().values()) {
                float[] values = new float[Math.toIntExact(leaf.numel())];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (random.nextGaussian() * 0.3);
                }
                leaf.copy_(Tensors.of(values, leaf.size(0), leaf.size(1)));
            }
        }
        return adapter;
    }

    private static void compare(Map<String, Tensor> leaves, Supplier<Tensor> loss) {
        try (Scope _ = Scope.open()) {
            loss.get().backward();
        }
        FiniteDifferences.requireGradients(leaves, loss);
    }

    /// A plain model, and one with all that families add: caps of scores and logits, a window shorter than
    /// the prompt.
    private static List<ModelConfig> models() {
        return List.of(CONFIG, TinyModels.everything(0, 3));
    }

    @ParameterizedTest
    @MethodSource("models")
    void the_gradient_of_the_verbalizers_loss_is_that_of_central_differences(ModelConfig config) {
        try (Scope _ = Scope.open();
                TrainableAdapter adapter = adapter(config)) {
            Decoder base = TinyModels.decoder(config, 3);
            PromptedAnswers prompted = new PromptedAnswers(PROMPT, INJECTION);
            compare(adapter.leaves(), () -> prompted.loss(adapter.on(base), answers()));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void the_gradient_of_the_reconstructors_loss_is_that_of_central_differences(ModelConfig config) {
        try (Scope _ = Scope.open();
                TrainableAdapter adapter = adapter(config)) {
            Decoder base = TinyModels.decoder(config, 3);
            Tensor head = Tensors.of(vectorOf(TinyModels.DIM * TinyModels.DIM), TinyModels.DIM, TinyModels.DIM)
                    .set_requires_grad(true);
            Map<String, Tensor> leaves = new java.util.LinkedHashMap<>(adapter.leaves());
            leaves.put("head", head);
            List<int[]> prompts = List.of(new int[] {4, 8, 15}, new int[] {16, 23, 42, 11, 9});
            compare(
                    leaves,
                    () -> CosineError.of(adapter.on(base), head, 1, 0, prompts, List.of(vector(4), vector(5)))
                            .sum());
        }
    }

    @Test
    void the_gradient_of_the_verbalizers_loss_reaches_every_weight_as_central_differences_say() {
        try (Scope _ = Scope.open();
                LanguageModel model = TinyModels.model(CONFIG, 3);
                TrainableWeights weights = TrainableWeights.whole(model)) {
            PromptedAnswers prompted = new PromptedAnswers(PROMPT, INJECTION);
            assertThat(weights.leaves()).hasSize(2 + 6 * CONFIG.numLayers() + 1);
            compare(weights.leaves(), () -> prompted.loss(weights.on(model.decoder()), answers()));
        }
    }

    @Test
    void the_gradient_of_the_reconstructors_loss_reaches_every_weight_as_central_differences_say() {
        try (Scope _ = Scope.open();
                LanguageModel model = TinyModels.model(CONFIG, 3);
                TrainableWeights weights = TrainableWeights.trunk(model, 2)) {
            Tensor head = Tensors.of(vectorOf(TinyModels.DIM * TinyModels.DIM), TinyModels.DIM, TinyModels.DIM);
            List<int[]> prompts = List.of(new int[] {4, 8, 15}, new int[] {16, 23, 42, 11, 9});
            compare(
                    weights.leaves(),
                    () -> CosineError.of(
                                    weights.on(model.decoder()), head, 1, 0, prompts, List.of(vector(4), vector(5)))
                            .sum());
        }
    }

    private static float[] vectorOf(int count) {
        Random random = new Random(5);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() * 0.2);
        }
        return values;
    }

    @Test
    void what_all_texts_begin_with_is_read_once_for_the_reconstructor_with_the_same_loss_and_gradient() {
        List<int[]> prompts = List.of(new int[] {4, 8, 15, 16, 23, 42, 7}, new int[] {4, 8, 15, 16, 23, 11}, new int[] {
            4, 8, 15, 16, 23, 5, 9, 2
        });
        List<float[]> activations = List.of(vector(4), vector(5), vector(6));
        try (Scope _ = Scope.open();
                TrainableAdapter together = adapter();
                TrainableAdapter apart = adapter()) {
            Decoder base = TinyModels.decoder(CONFIG, 3);
            Tensor head = Tensors.of(vectorOf(TinyModels.DIM * TinyModels.DIM), TinyModels.DIM, TinyModels.DIM);
            // More are expected than are there, as where a text merges with what stands before it.
            Tensor once = CosineError.of(together.on(base), head, 1, 6, prompts, activations);
            Tensor each = CosineError.of(apart.on(base), head, 1, 0, prompts, activations);
            assertThat(Tensors.floats(once)).containsExactly(Tensors.floats(each), within(1e-5f));
            once.sum().backward();
            each.sum().backward();
            together.leaves()
                    .forEach((name, leaf) -> assertThat(Tensors.floats(leaf.grad()))
                            .as(name)
                            .containsExactly(
                                    Tensors.floats(Objects.requireNonNull(
                                                    apart.leaves().get(name))
                                            .grad()),
                                    within(1e-5f)));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void with_a_shared_prefix_loss_and_gradient_are_those_of_whole_rows(ModelConfig config) {
        compareWithWholeRows(config, answers());
    }

    /// With 8,192 ids a slice of the logits is turned into its gradient in two pieces.
    @ParameterizedTest
    @ValueSource(ints = {TinyModels.VOCABULARY, 8192})
    void so_they_are_where_logits_are_made_in_several_slices(int vocabulary) {
        compareWithWholeRows(TinyModels.ofVocabulary(CONFIG, vocabulary), many(vocabulary));
    }

    private static void compareWithWholeRows(ModelConfig config, List<PromptedAnswers.Answer> answers) {
        try (Scope _ = Scope.open();
                TrainableAdapter shared = adapter(config);
                TrainableAdapter plain = adapter(config)) {
            compareWithWholeRows(TinyModels.decoder(config, 3), shared, plain, answers);
        }
    }

    @Test
    void so_they_are_for_full_weights() {
        try (Scope _ = Scope.open();
                LanguageModel model = TinyModels.model(CONFIG, 3);
                TrainableWeights shared = TrainableWeights.whole(model);
                TrainableWeights plain = TrainableWeights.whole(model)) {
            compareWithWholeRows(model.decoder(), shared, plain, answers());
        }
    }

    private static void compareWithWholeRows(
            Decoder base, Trainable shared, Trainable plain, List<PromptedAnswers.Answer> answers) {
        try (Scope _ = Scope.open()) {
            PromptedAnswers prompted = new PromptedAnswers(PROMPT, INJECTION);
            Tensor loss = prompted.loss(shared.on(base), answers);
            loss.backward();
            double sum = 0;
            for (PromptedAnswers.Answer answer : answers) {
                Tensor own = wholeRow(plain.on(base), answer);
                own.backward();
                sum += own.item_double();
            }
            assertThat(loss.item_double()).isCloseTo(sum, within(1e-5 * sum));
            try (Scope _ = Scope.noGrad()) {
                assertThat(prompted.loss(shared.on(base), answers).item_double())
                        .isCloseTo(sum, within(1e-5 * sum));
            }
            double tokens = PromptedAnswers.count(answers);
            Map<String, Tensor> others = plain.leaves();
            shared.leaves().forEach((name, leaf) -> {
                float[] expected = mean(others.get(name).grad(), tokens);
                assertThat(mean(leaf.grad(), tokens))
                        .as(name)
                        .containsExactly(expected, within(ROUNDING * largest(expected)));
            });
        }
    }

    private static float largest(float[] values) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    /// Of summed losses' gradient, what one token has of it.
    private static float[] mean(Tensor gradient, double tokens) {
        try (Scope _ = Scope.noGrad()) {
            return Tensors.floats(Tensors.times(gradient, 1 / tokens));
        }
    }

    /// Prompt and answer as one text, its cross entropy by the library's own function.
    private static Tensor wholeRow(Decoder decoder, PromptedAnswers.Answer answer) {
        int[] ids = answer.ids();
        Tensor prompt = decoder.embed(Tensors.ids(new int[][] {PROMPT})).select(0, 0);
        Tensor rows = INJECTION.inject(prompt, PROMPT, new float[][] {answer.activation()});
        if (ids.length > 1) {
            Tensor before = decoder.embed(Tensors.ids(new int[][] {Arrays.copyOf(ids, ids.length - 1)}));
            rows = Tensors.cat(1, rows, before);
        }
        Tensor residual = decoder.residual(rows, Context.none()).select(0, 0);
        Tensor logits = decoder.logits(residual.narrow(0, PROMPT.length - 1, ids.length));
        long[] targets = Arrays.stream(ids).asLongStream().toArray();
        Tensor chosen = torch.log_softmax(logits, 1).gather(1, Tensors.longs(targets, targets.length, 1));
        return chosen.sum().neg();
    }

    @Test
    void the_gradient_of_the_verbalizers_loss_reaches_a_learned_map_as_central_differences_say() {
        try (Scope _ = Scope.open();
                AffineMap map = map();
                TrainableAdapter adapter = adapter()) {
            Decoder base = TinyModels.decoder(CONFIG, 3);
            PromptedAnswers prompted = new PromptedAnswers(PROMPT, new Injection(60, 3, 4, 2, map));
            Map<String, Tensor> leaves = Map.of("weight", map.weight(), "bias", map.bias());
            compare(leaves, () -> prompted.loss(adapter.on(base), answers()));
        }
    }

    /// One that is not the identity any more.
    private static AffineMap map() {
        AffineMap map = AffineMap.identity(TinyModels.DIM);
        try (Scope _ = Scope.noGrad()) {
            map.weight().add_(Tensors.of(vectorOf(TinyModels.DIM * TinyModels.DIM), TinyModels.DIM, TinyModels.DIM));
            map.bias().add_(Tensors.of(vectorOf(TinyModels.DIM), TinyModels.DIM));
        }
        return map;
    }

    @Test
    void a_fresh_adapter_changes_nothing() {
        try (Scope _ = Scope.noGrad();
                TrainableAdapter fresh = TrainableAdapter.fresh(CONFIG, 2, 2, 4, 7)) {
            Decoder base = TinyModels.decoder(CONFIG, 3);
            Tensor ids = Tensors.ids(new int[][] {TinyModels.ids(1, 9)});
            assertThat(base.dtype()).isEqualTo(DType.FP32);
            assertThat(Tensors.floats(fresh.on(base).residual(base.embed(ids), Context.none())))
                    .containsExactly(Tensors.floats(base.residual(base.embed(ids), Context.none())));
        }
    }

    @Test
    void every_row_is_seen_once_an_epoch_and_batches_hold_like_lengths() {
        BatchOrder order = new BatchOrder(64, 4, 9, row -> row % 10);
        int[] seen = new int[64];
        for (int step = 0; step < 16; step++) {
            int[] rows = order.at(step);
            assertThat(new BatchOrder(64, 4, 9, row -> row % 10).at(step)).isEqualTo(rows);
            int spread = rows[3] % 10 - rows[0] % 10;
            assertThat(spread).isBetween(0, 3);
            for (int row : rows) {
                seen[row]++;
            }
        }
        assertThat(seen).containsOnly(1);
    }

    /// Rows of one length, so that nothing but the order decides which come first.
    @Test
    void rows_are_in_another_order_than_the_files_in_every_epoch_and_with_every_seed() {
        BatchOrder order = new BatchOrder(64, 4, 9, row -> 0);
        int[] first = pool(order, 0);
        assertThat(first).isNotEqualTo(IntStream.range(0, 32).toArray()).isNotEqualTo(pool(order, 2));
        assertThat(pool(order, 2)).isNotEqualTo(IntStream.range(0, 32).toArray());
        assertThat(pool(new BatchOrder(64, 4, 8, row -> 0), 0)).isNotEqualTo(first);
    }

    /// The rows that eight steps learn from, by number: half an epoch.
    private static int[] pool(BatchOrder order, int number) {
        return IntStream.range(8 * number, 8 * number + 8)
                .flatMap(step -> Arrays.stream(order.at(step)))
                .sorted()
                .toArray();
    }

    @Test
    void short_rows_do_not_always_come_before_long_ones_nor_after_them() {
        BatchOrder order = new BatchOrder(2, 1, 9, row -> row);
        assertThat(IntStream.range(0, 20).map(epoch -> order.at(2 * epoch)[0]).sum())
                .isBetween(3, 17);
    }

    /// With fewer rows than a pool of batches holds, copies of a row must not fill a batch: where an epoch ends within
    /// a
    /// pool there may be two of some, never more.
    @Test
    void a_batch_of_few_rows_holds_no_row_often() {
        for (int rows : new int[] {16, 40, 96}) {
            BatchOrder order = new BatchOrder(rows, 16, 3, row -> row % 5);
            int[] seen = new int[rows];
            for (int step = 0; step < rows; step++) {
                assertThat(Arrays.stream(order.at(step)).distinct().count())
                        .as("%d rows", rows)
                        .isGreaterThanOrEqualTo(rows == 16 ? 16 : 8);
                Arrays.stream(order.at(step)).forEach(row -> seen[row]++);
            }
            assertThat(seen).containsOnly(16);
        }
    }
}
