package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.Injection;
import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.TinyModels;
import dev.nla4j.model.TrainableAdapter;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.FiniteDifferences;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.config.TrainConfig;
import dev.nla4j.train.sft.PromptedAnswers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The gradient of an update with shared prompts against one that computes each sample as a text of its own, written
/// here with the library's plain functions, and against finite differences of that one.
class PolicyGradientTest {
    private static final int[] PROMPT = {5, 9, 14, 3, 60, 4, 22};
    private static final Injection INJECTION = new Injection(60, 3, 4, 2);
    private static final PolicyLoss PLAIN = new PolicyLoss(20, 0);
    private static final double KL = 0.5;
    private static final double TOLERANCE = 1e-5;
    /// Of a leaf's largest number. fp32 rounds by up to half of it, where k3 has an exponential of each token's own.
    private static final double SHARE = 3e-5;
    /// So that the tolerance is above what fp32 rounds.
    private static final double LEAST_GRADIENT = 1e-2;

    private static float[] vector(long seed) {
        Random random = new Random(seed);
        float[] vector = new float[TinyModels.DIM];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    private static PolicyGradient.Sample sample(float[] activation, double advantage, int... ids) {
        float[] sampled = new float[ids.length];
        Arrays.fill(sampled, -4);
        return new PolicyGradient.Sample(activation, ids, sampled, advantage);
    }

    private static List<PolicyGradient.Sample> samples() {
        float[] first = vector(1);
        float[] second = vector(2);
        return List.of(
                sample(first, 0.7, 7, 8, 11, 2),
                sample(first, -0.7, 19),
                sample(second, 1.1, 33, 12, 40),
                sample(second, -0.4, 9, 9),
                sample(second, -0.7, 3, 17, 21, 44, 5));
    }

    /// 350 tokens: more than logits are made for at once. Advantages and ids differ all along.
    private static List<PolicyGradient.Sample> many(int vocabulary) {
        Random random = new Random(5);
        List<float[]> activations =
                IntStream.range(0, 10).mapToObj(PolicyGradientTest::vector).toList();
        return IntStream.range(0, 70)
                .mapToObj(i -> sample(
                        activations.get(i % 10),
                        random.nextGaussian(),
                        random.ints(5, 0, vocabulary).toArray()))
                .toList();
    }

    private static TrainableAdapter adapter(ModelConfig config, long seed) {
        TrainableAdapter adapter = TrainableAdapter.fresh(config, config.numLayers(), 2, 4, 7);
        Random random = new Random(seed);
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

    private static RlConfig config(int microBatch, String kind) {
        ConfigTree tree = ConfigTree.empty()
                .set("train.rl.micro-batch=" + microBatch)
                .set("train.rl.kl.kind=" + kind)
                .set("train.rl.kl.weight=" + KL);
        return TrainConfig.read(tree.section()).rl();
    }

    private static PolicyGradient gradient(
            Decoder base, Decoder warmStart, int microBatch, String kind, PolicyLoss policy) {
        return new PolicyGradient(
                base, warmStart, new PromptedAnswers(PROMPT, INJECTION), policy, config(microBatch, kind));
    }

    /// Log-probabilities over the vocabulary where each answer token is predicted, `[T, V]`, by one whole text.
    private static Tensor plain(Decoder decoder, PolicyGradient.Sample sample) {
        int[] ids = sample.ids();
        Tensor prompt = decoder.embed(Tensors.ids(new int[][] {PROMPT})).select(0, 0);
        Tensor rows = INJECTION.inject(prompt, PROMPT, new float[][] {sample.activation()});
        Tensor whole = Tensors.cat(1, rows, decoder.embed(Tensors.ids(new int[][] {ids})));
        Tensor residual = decoder.residual(whole, Context.none()).select(0, 0);
        return torch.log_softmax(decoder.logits(residual.narrow(0, PROMPT.length - 1, ids.length)), 1);
    }

    private static Tensor index(PolicyGradient.Sample sample) {
        long[] targets = Arrays.stream(sample.ids()).asLongStream().toArray();
        return Tensors.longs(targets, targets.length, 1);
    }

    private static Tensor plainLoss(
            Decoder policy, Decoder warmStart, String kind, PolicyLoss loss, List<PolicyGradient.Sample> samples) {
        Tensor sum = null;
        for (PolicyGradient.Sample sample : samples) {
            Tensor log = plain(policy, sample);
            Tensor fixed = plain(warmStart, sample).detach();
            Tensor drawn = log.gather(1, index(sample)).view(-1);
            Tensor difference = drawn.sub(fixed.gather(1, index(sample)).view(-1));
            Tensor kl = switch (kind) {
                case "exact" -> log.exp().mul(log.sub(fixed)).sum();
                case "k2" -> Tensors.times(difference.square().sum(), 0.5);
                default ->
                    Tensors.plus(difference.neg().exp().add(difference), -1).sum();
            };
            Tensor own = Tensors.times(gain(drawn, sample, loss.ratioClip()), -1.0 / loss.tokenBudget())
                    .add(Tensors.times(kl, KL / loss.tokenBudget()));
            sum = sum == null ? own : sum.add(own);
        }
        return Objects.requireNonNull(sum);
    }

    /// What a sample's tokens gain, each for itself where there is a band.
    private static Tensor gain(Tensor drawn, PolicyGradient.Sample sample, double clip) {
        double advantage = sample.advantage();
        if (clip == 0) {
            return Tensors.times(drawn.sum(), advantage);
        }
        Tensor gain = Tensors.zeros(DType.FP32, 1).sum();
        for (int i = 0; i < sample.ids().length; i++) {
            Tensor ratio = Tensors.plus(drawn.select(0, i), -sample.logProbabilities()[i])
                    .exp();
            double value = ratio.item_double();
            if (advantage > 0 ? value > 1 + clip : value < 1 - clip) {
                gain = Tensors.plus(gain, advantage * (advantage > 0 ? 1 + clip : 1 - clip));
            } else {
                gain = gain.add(Tensors.times(ratio, advantage));
            }
        }
        return gain;
    }

    /// Both ways of one update, on adapters with the same weights.
    private static PolicyGradient.Outcome requireSame(
            ModelConfig config, String kind, PolicyLoss policy, List<PolicyGradient.Sample> samples, int microBatch) {
        try (Scope _ = Scope.open();
                TrainableAdapter shared = adapter(config, 11);
                TrainableAdapter plain = adapter(config, 11);
                TrainableAdapter start = adapter(config, 12)) {
            Decoder base = TinyModels.decoder(config, 3);
            Decoder warmStart = start.on(base);
            PolicyGradient.Outcome outcome =
                    gradient(base, warmStart, microBatch, kind, policy).accumulate(shared, samples);
            Tensor loss = plainLoss(plain.on(base), warmStart, kind, policy, samples);
            loss.backward();
            assertThat(outcome.loss()).isCloseTo(loss.item_double(), within(1e-5));
            double[] means = means(plain.on(base), warmStart, samples);
            assertThat(outcome.entropy()).isCloseTo(means[0], within(1e-5));
            if (kind.equals("exact")) {
                assertThat(outcome.kl()).isCloseTo(means[1], within(1e-5));
            }
            assertThat(outcome.tokens())
                    .isEqualTo(samples.stream()
                            .mapToInt(sample -> sample.ids().length)
                            .sum());
            Map<String, Tensor> others = plain.leaves();
            shared.leaves().forEach((name, leaf) -> {
                float[] expected = Tensors.floats(others.get(name).grad());
                assertThat(largest(expected)).as(name).isGreaterThan(LEAST_GRADIENT);
                float tolerance = (float) Math.min(TOLERANCE, SHARE * largest(expected));
                assertThat(Tensors.floats(leaf.grad())).as(name).containsExactly(expected, within(tolerance));
            });
            return outcome;
        }
    }

    /// Entropy and exact divergence, nats a token.
    private static double[] means(Decoder policy, Decoder warmStart, List<PolicyGradient.Sample> samples) {
        double entropy = 0;
        double divergence = 0;
        int tokens = 0;
        try (Scope _ = Scope.noGrad()) {
            for (PolicyGradient.Sample sample : samples) {
                Tensor log = plain(policy, sample);
                entropy -= log.exp().mul(log).sum().item_double();
                divergence +=
                        log.exp().mul(log.sub(plain(warmStart, sample))).sum().item_double();
                tokens += sample.ids().length;
            }
        }
        return new double[] {entropy / tokens, divergence / tokens};
    }

    private static double largest(float[] values) {
        double largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    @ParameterizedTest
    @ValueSource(strings = {"exact", "k2", "k3"})
    void with_shared_prompts_loss_and_gradient_are_those_of_whole_texts(String kind) {
        for (int microBatch : new int[] {1, 2, 5}) {
            requireSame(TinyModels.llama(0, 0), kind, PLAIN, samples(), microBatch);
        }
    }

    /// With 8,192 ids a slice of the logits is turned into its gradient in two pieces.
    @ParameterizedTest
    @ValueSource(ints = {TinyModels.VOCABULARY, 8192})
    void so_they_are_where_logits_are_made_in_several_slices(int vocabulary) {
        requireSame(
                TinyModels.ofVocabulary(TinyModels.llama(0, 0), vocabulary),
                "exact",
                new PolicyLoss(350, 0),
                many(vocabulary),
                100);
    }

    /// What families add besides, and a window shorter than the prompt.
    @Test
    void so_they_are_with_caps_of_scores_and_logits_and_with_windows() {
        requireSame(TinyModels.everything(0, 3), "exact", PLAIN, samples(), 2);
        requireSame(TinyModels.llama(3, 0), "exact", PLAIN, samples(), 2);
    }

    /// Two slices again, so that each token must meet its own log-probability at the rollout.
    @Test
    void tokens_that_left_the_band_in_their_own_favour_lose_their_gradient_and_are_counted() {
        ModelConfig config = TinyModels.llama(0, 0);
        PolicyLoss policy = new PolicyLoss(350, 0.2);
        List<PolicyGradient.Sample> samples = new ArrayList<>();
        double clipped = 0;
        double ratios = 0;
        try (Scope _ = Scope.noGrad();
                TrainableAdapter adapter = adapter(config, 11)) {
            Decoder decoder = adapter.on(TinyModels.decoder(config, 3));
            Random random = new Random(8);
            for (PolicyGradient.Sample sample : many(config.vocabulary())) {
                float[] sampled = Tensors.floats(
                        plain(decoder, sample).gather(1, index(sample)).view(-1));
                for (int i = 0; i < sampled.length; i++) {
                    double ratio = Math.exp(0.3 * random.nextGaussian());
                    sampled[i] -= (float) Math.log(ratio);
                    ratios += ratio;
                    clipped += sample.advantage() > 0 ? (ratio > 1.2 ? 1 : 0) : ratio < 0.8 ? 1 : 0;
                }
                samples.add(new PolicyGradient.Sample(sample.activation(), sample.ids(), sampled, sample.advantage()));
            }
        }
        PolicyGradient.Outcome outcome = requireSame(config, "k2", policy, samples, 100);
        assertThat(clipped).isBetween(50.0, 150.0);
        assertThat(outcome.clipped()).isCloseTo(clipped / 350, within(1e-9));
        assertThat(outcome.ratio()).isCloseTo(ratios / 350, within(1e-5));
    }

    @Test
    void the_gradient_is_that_of_finite_differences() {
        ModelConfig config = TinyModels.llama(0, 0);
        try (Scope _ = Scope.open();
                TrainableAdapter adapter = adapter(config, 11);
                TrainableAdapter start = adapter(config, 12)) {
            Decoder base = TinyModels.decoder(config, 3);
            Decoder warmStart = start.on(base);
            gradient(base, warmStart, 3, "exact", PLAIN).accumulate(adapter, samples());
            FiniteDifferences.requireGradients(
                    adapter.leaves(), () -> plainLoss(adapter.on(base), warmStart, "exact", PLAIN, samples()));
        }
    }

    @Test
    void the_policy_at_its_warm_start_has_no_divergence_and_an_entropy() {
        ModelConfig config = TinyModels.llama(0, 0);
        try (Scope _ = Scope.open();
                TrainableAdapter adapter = adapter(config, 11);
                TrainableAdapter start = adapter(config, 11)) {
            Decoder base = TinyModels.decoder(config, 3);
            PolicyGradient.Outcome outcome =
                    gradient(base, start.on(base), 4, "exact", PLAIN).accumulate(adapter, samples());
            assertThat(outcome.kl()).isCloseTo(0, within(1e-6));
            assertThat(outcome.entropy()).isBetween(1.0, Math.log(config.vocabulary()));
        }
    }
}
