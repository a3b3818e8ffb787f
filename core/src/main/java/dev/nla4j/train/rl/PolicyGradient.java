package dev.nla4j.train.rl;

import dev.nla4j.model.Decoder;
import dev.nla4j.model.TrainableAdapter;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tensor.Threads;
import dev.nla4j.train.MicroBatch;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.sft.PromptedAnswers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/// The gradient of one update of the verbalizer. Prompts are read once, as in the rollout ([SharedPrompts]); samples go
/// through sorted by length, a micro-batch at a time; the warm start reads the same tokens without a gradient.
public final class PolicyGradient {
    private final Decoder base;
    private final Decoder warmStart;
    private final PromptedAnswers prompted;
    private final TokenLoss loss;
    private final int microBatch;

    /// What one update needs to know of the run.
    ///
    /// @param base plain weights, on which the policy's adapter stands
    /// @param warmStart what the policy is held to: the same base through the adapter the run began with
    public PolicyGradient(
            Decoder base, Decoder warmStart, PromptedAnswers prompted, PolicyLoss policy, RlConfig config) {
        this.base = base;
        this.warmStart = warmStart;
        this.prompted = prompted;
        this.loss = new TokenLoss(policy, config.loss());
        this.microBatch = config.rollout().microBatch();
    }

    /// A sampled answer. Samples of one prompt hold the same array as their activation.
    ///
    /// @param ids drawn, 1 or more
    /// @param logProbabilities of them as the rollout saw them
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    public record Sample(float[] activation, int[] ids, float[] logProbabilities, double advantage) {}

    /// What an update's samples were like.
    ///
    /// @param loss of the whole update
    /// @param kl nats a token from the warm start, by the configured kind
    /// @param entropy nats a token
    /// @param ratio mean of policy to sampling policy, 1 when both compute the same
    /// @param mismatch k3 between both
    /// @param clipped share of tokens that lost their gradient to the ratio's band
    /// @param tokens learned from
    public record Outcome(
            double loss, double kl, double entropy, double ratio, double mismatch, double clipped, long tokens) {}

    /// Adds the gradient of `samples` to that of the adapter's leaves.
    ///
    /// @param samples 1 or more
    public Outcome accumulate(TrainableAdapter adapter, List<Sample> samples) {
        IdentityHashMap<float[], Integer> places = new IdentityHashMap<>();
        List<float[]> activations = new ArrayList<>();
        for (Sample sample : samples) {
            if (places.putIfAbsent(sample.activation(), activations.size()) == null) {
                activations.add(sample.activation());
            }
        }
        List<Sample> sorted = samples.stream()
                .sorted(Comparator.comparingInt(sample -> sample.ids().length))
                .toList();
        TokenLoss.Sums sums = TokenLoss.Sums.NONE;
        try (Scope _ = Scope.open();
                Threads.Blas _ = Threads.together();
                SharedPrompts learning = new SharedPrompts(adapter.on(base), prompted, activations);
                SharedPrompts fixed = still(activations)) {
            for (MicroBatch part : MicroBatch.split(sorted.size(), microBatch)) {
                List<Sample> own = sorted.subList(part.from(), part.to());
                int[] source = own.stream()
                        .mapToInt(sample -> Objects.requireNonNull(places.get(sample.activation())))
                        .toArray();
                sums = sums.plus(part(adapter, own, source, learning, fixed));
            }
            learning.carry();
        }
        double n = sums.tokens();
        return new Outcome(
                sums.loss(),
                sums.divergence() / n,
                sums.entropy() / n,
                sums.ratios() / n,
                sums.mismatch() / n,
                sums.clipped() / n,
                sums.tokens());
    }

    private SharedPrompts still(List<float[]> activations) {
        try (Scope _ = Scope.noGrad()) {
            return new SharedPrompts(warmStart, prompted, activations);
        }
    }

    private TokenLoss.Sums part(
            TrainableAdapter adapter, List<Sample> own, int[] source, SharedPrompts learning, SharedPrompts fixed) {
        List<int[]> answers = own.stream().map(Sample::ids).toList();
        try (Scope _ = Scope.open()) {
            Tensor reference;
            try (Scope still = Scope.noGrad()) {
                reference = still.keep(fixed.residual(warmStart, answers, source)); // [N, D]
            }
            Decoder policy = adapter.on(base);
            Tensor residual = learning.residual(policy, answers, source); // [N, D]
            return loss.backward(policy, residual, warmStart, reference, tokens(own));
        }
    }

    private static TokenLoss.Tokens tokens(List<Sample> samples) {
        int n = samples.stream().mapToInt(sample -> sample.ids().length).sum();
        long[] ids = new long[n];
        float[] sampled = new float[n];
        float[] advantages = new float[n];
        int at = 0;
        for (Sample sample : samples) {
            for (int i = 0; i < sample.ids().length; i++, at++) {
                ids[at] = sample.ids()[i];
                sampled[at] = sample.logProbabilities()[i];
                advantages[at] = (float) sample.advantage();
            }
        }
        return new TokenLoss.Tokens(Tensors.longs(ids, n), Tensors.of(sampled, n), Tensors.of(advantages, n));
    }
}
