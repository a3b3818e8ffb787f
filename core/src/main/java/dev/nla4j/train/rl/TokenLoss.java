package dev.nla4j.train.rl;

import dev.nla4j.model.Decoder;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.config.RlConfig;
import org.bytedeco.pytorch.Tensor;

/// The loss of answer tokens by their residual streams: policy gradient and divergence from the warm start. Logits are
/// made for a slice of the tokens at a time, with their gradient, so that memory does not grow with the tokens.
final class TokenLoss {
    /// Tokens whose logits exist at once: for a vocabulary of 49,152, few enough to stay near the processor.
    private static final int SLICE = 64;

    private final PolicyLoss policy;
    private final RlConfig.Loss config;

    /// Sums over tokens.
    ///
    /// @param loss of which the gradient was taken
    /// @param divergence nats from the warm start
    /// @param entropy nats
    /// @param ratios of policy and sampling policy
    /// @param mismatch k3 between both
    record Sums(double loss, double divergence, double entropy, double ratios, double mismatch, long tokens) {
        static final Sums NONE = new Sums(0, 0, 0, 0, 0, 0);

        Sums plus(Sums other) {
            return new Sums(
                    loss + other.loss,
                    divergence + other.divergence,
                    entropy + other.entropy,
                    ratios + other.ratios,
                    mismatch + other.mismatch,
                    tokens + other.tokens);
        }
    }

    TokenLoss(PolicyLoss policy, RlConfig.Loss config) {
        this.policy = policy;
        this.config = config;
    }

    /// What the tokens are.
    ///
    /// @param ids `[N]` int64
    /// @param sampled `[N]` log-probabilities at the rollout
    /// @param advantages `[N]`
    record Tokens(Tensor ids, Tensor sampled, Tensor advantages) {
        Tokens slice(long from, long count) {
            return new Tokens(
                    ids.narrow(0, from, count), sampled.narrow(0, from, count), advantages.narrow(0, from, count));
        }
    }

    /// Computes loss and gradient; gradients go to `residual`'s own graph.
    ///
    /// @param residual `[N, D]` with gradient
    /// @param reference `[N, D]` of the warm start
    Sums backward(Decoder decoder, Tensor residual, Decoder warmStart, Tensor reference, Tokens tokens) {
        long n = residual.size(0);
        Shapes.require(reference, "reference", n, residual.size(1));
        Tensor leaf = residual.detach().set_requires_grad(true); // [N, D]
        Sums sums = Sums.NONE;
        for (long from = 0; from < n; from += SLICE) {
            long count = Math.min(SLICE, n - from);
            try (Scope _ = Scope.open()) {
                Tensor fixed;
                try (Scope still = Scope.noGrad()) {
                    fixed = still.keep(warmStart.logits(reference.narrow(0, from, count)));
                }
                Tensor logits = decoder.logits(leaf.narrow(0, from, count)); // [n, V]
                sums = sums.plus(backward(logits, fixed, tokens.slice(from, count)));
            }
        }
        residual.mul(leaf.grad()).sum().backward();
        return sums;
    }

    private Sums backward(Tensor logits, Tensor reference, Tokens tokens) {
        Tensor log = Kl.logProbabilities(logits, tokens.ids); // [n]
        Tensor divergence = switch (config.kl()) {
            case EXACT -> Kl.exact(logits, reference);
            case K2 -> Kl.k2(log, Kl.logProbabilities(reference, tokens.ids));
            case K3 -> Kl.k3(log, Kl.logProbabilities(reference, tokens.ids));
        }; // [n]
        Tensor loss = policy.of(log, tokens.sampled, tokens.advantages)
                .add(Tensors.times(divergence.sum(), config.klWeight() / policy.tokenBudget()));
        loss.backward();
        PolicyLoss.Ratio ratio = policy.ratio(log.detach(), tokens.sampled);
        long n = logits.size(0);
        return new Sums(
                loss.item_double(),
                divergence.sum().item_double(),
                Kl.entropy(logits.detach()).sum().item_double(),
                ratio.meanRatio() * n,
                ratio.mismatch() * n,
                n);
    }
}
