package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.Injection;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.TinyModels;
import dev.nla4j.model.TrainableAdapter;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.FiniteDifferences;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.config.TrainConfig;
import dev.nla4j.train.sft.PromptedAnswers;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
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
    private static final ModelConfig CONFIG = TinyModels.llama(0, 0);
    private static final int BUDGET = 20;
    private static final double KL = 0.5;

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

    private static TrainableAdapter adapter(long seed) {
        TrainableAdapter adapter = TrainableAdapter.fresh(CONFIG, CONFIG.numLayers(), 2, 4, 7);
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

    private static PolicyGradient gradient(Decoder base, Decoder warmStart, int microBatch, String kind) {
        return new PolicyGradient(
                base,
                warmStart,
                new PromptedAnswers(PROMPT, INJECTION),
                new PolicyLoss(BUDGET, 0),
                config(microBatch, kind));
    }

    /// Log-probabilities over the vocabulary where each answer token is predicted, `[T, V]`, by one whole text.
    private static Tensor plain(Decoder decoder, PolicyGradient.Sample sample) {
        int[] ids = sample.ids();
        Tensor prompt = decoder.embed(Tensors.ids(new int[][] {PROMPT})).select(0, 0);
        Tensor rows = INJECTION.inject(prompt, PROMPT, new float[][] {sample.activation()});
        Tensor whole = Tensors.cat(1, rows, decoder.embed(Tensors.ids(new int[][] {ids})));
        Tensor residual = decoder.residual(whole, null).select(0, 0);
        return torch.log_softmax(decoder.logits(residual.narrow(0, PROMPT.length - 1, ids.length)), 1);
    }

    private static Tensor plainLoss(Decoder policy, Decoder warmStart, String kind) {
        Tensor loss = null;
        for (PolicyGradient.Sample sample : samples()) {
            Tensor log = plain(policy, sample);
            Tensor fixed = plain(warmStart, sample).detach();
            long[] targets = Arrays.stream(sample.ids()).asLongStream().toArray();
            Tensor index = Tensors.longs(targets, targets.length, 1);
            Tensor drawn = log.gather(1, index).view(-1);
            Tensor difference = drawn.sub(fixed.gather(1, index).view(-1));
            Tensor kl = switch (kind) {
                case "exact" -> log.exp().mul(log.sub(fixed)).sum();
                case "k2" -> Tensors.times(difference.square().sum(), 0.5);
                default ->
                    Tensors.plus(difference.neg().exp().add(difference), -1).sum();
            };
            Tensor own =
                    Tensors.times(drawn.sum(), -sample.advantage() / BUDGET).add(Tensors.times(kl, KL / BUDGET));
            loss = loss == null ? own : loss.add(own);
        }
        return java.util.Objects.requireNonNull(loss);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exact", "k2", "k3"})
    void with_shared_prompts_loss_and_gradient_are_those_of_whole_texts(String kind) {
        for (int microBatch : new int[] {1, 2, 5}) {
            try (Scope _ = Scope.open();
                    TrainableAdapter shared = adapter(11);
                    TrainableAdapter plain = adapter(11);
                    TrainableAdapter start = adapter(12)) {
                Decoder base = TinyModels.decoder(CONFIG, 3);
                Decoder warmStart = start.on(base);
                PolicyGradient.Outcome outcome =
                        gradient(base, warmStart, microBatch, kind).accumulate(shared, samples());
                Tensor loss = plainLoss(plain.on(base), warmStart, kind);
                loss.backward();
                assertThat(outcome.loss()).isCloseTo(loss.item_double(), within(1e-5));
                assertThat(outcome.tokens()).isEqualTo(15);
                Map<String, Tensor> others = plain.leaves();
                shared.leaves().forEach((name, leaf) -> {
                    float[] expected = Tensors.floats(others.get(name).grad());
                    assertThat(expected)
                            .as(name)
                            .satisfies(values -> assertThat(largest(values)).isGreaterThan(1e-5));
                    assertThat(Tensors.floats(leaf.grad())).as(name).containsExactly(expected, within(1e-5f));
                });
            }
        }
    }

    private static double largest(float[] values) {
        double largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    @Test
    void the_gradient_is_that_of_finite_differences() {
        try (Scope _ = Scope.open();
                TrainableAdapter adapter = adapter(11);
                TrainableAdapter start = adapter(12)) {
            Decoder base = TinyModels.decoder(CONFIG, 3);
            Decoder warmStart = start.on(base);
            gradient(base, warmStart, 3, "exact").accumulate(adapter, samples());
            FiniteDifferences.requireGradients(adapter.leaves(), () -> plainLoss(adapter.on(base), warmStart, "exact"));
        }
    }

    @Test
    void the_policy_at_its_warm_start_has_no_divergence_and_an_entropy() {
        try (Scope _ = Scope.open();
                TrainableAdapter adapter = adapter(11);
                TrainableAdapter start = adapter(11)) {
            Decoder base = TinyModels.decoder(CONFIG, 3);
            PolicyGradient.Outcome outcome =
                    gradient(base, start.on(base), 4, "exact").accumulate(adapter, samples());
            assertThat(outcome.kl()).isCloseTo(0, within(1e-6));
            assertThat(outcome.entropy()).isBetween(1.0, Math.log(CONFIG.vocabulary()));
        }
    }
}
