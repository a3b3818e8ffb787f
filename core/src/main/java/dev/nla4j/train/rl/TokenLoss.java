package dev.nla4j.train.rl;

import dev.nla4j.model.Decoder;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.LogitSlices;
import dev.nla4j.train.config.KlKind;
import dev.nla4j.train.config.RlConfig;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The loss of answer tokens by their residual streams: policy gradient and divergence from the warm start. Logits are
/// made for a slice of the tokens at a time, with their gradient, so that memory does not grow with the tokens.
final class TokenLoss {
    private final PolicyLoss policy;
    private final RlConfig.Loss config;

    /// Sums over tokens.
    ///
    /// @param loss of which the gradient was taken
    /// @param divergence exact, in nats from the warm start, whatever the loss takes
    /// @param entropy nats
    /// @param ratios of policy and sampling policy
    /// @param mismatch k3 between both
    /// @param clipped tokens that lost their gradient to the ratio's band
    record Sums(
            double loss,
            double divergence,
            double entropy,
            double ratios,
            double mismatch,
            double clipped,
            long tokens) {
        static final Sums NONE = new Sums(0, 0, 0, 0, 0, 0, 0);

        Sums plus(Sums other) {
            return new Sums(
                    loss + other.loss,
                    divergence + other.divergence,
                    entropy + other.entropy,
                    ratios + other.ratios,
                    mismatch + other.mismatch,
                    clipped + other.clipped,
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
        for (long from = 0; from < n; from += LogitSlices.TOKENS) {
            long count = Math.min(LogitSlices.TOKENS, n - from);
            try (Scope _ = Scope.open()) {
                Tensor fixed;
                try (Scope still = Scope.noGrad()) {
                    fixed = still.keep(warmStart.logits(reference.narrow(0, from, count)));
                }
                Tensor logits = decoder.logits(leaf.narrow(0, from, count)); // [n, V]
                int near = LogitSlices.near(logits.size(1));
                for (long at = 0; at < count; at += near) {
                    long rows = Math.min(near, count - at);
                    try (Scope _ = Scope.open()) {
                        sums = sums.plus(intoGradient(
                                logits.detach().narrow(0, at, rows),
                                fixed.narrow(0, at, rows),
                                tokens.slice(from + at, rows)));
                    }
                }
                LogitSlices.backward(logits);
            }
        }
        residual.mul(leaf.grad()).sum().backward();
        return sums;
    }

    /// Overwrites logits with the gradient by them, which is written out: recorded operators would pass over `[n, V]`
    /// numbers three times as often.
    /// Everything but the exact divergence depends on the drawn tokens' log-probabilities alone, so for it the pure
    /// functions are asked: with s the slope by `log π(y)`, it is `s (e_y − π)`. That of the exact divergence D is
    /// `π (log π − log π₀ − D)`.
    private Sums intoGradient(Tensor logits, Tensor reference, Tokens tokens) {
        long n = logits.size(0);
        Tensor ids = tokens.ids.view(-1, 1); // [n, 1]
        Tensor log;
        Tensor away;
        Tensor probabilities;
        Tensor exact;
        Tensor entropy;
        try (Scope scope = Scope.noGrad()) {
            log = scope.keep(torch.log_softmax(logits, 1)); // [n, V]
            away = scope.keep(log.sub(torch.log_softmax(reference, 1))); // [n, V], log π − log π₀
            probabilities = scope.keep(log.exp()); // [n, V]
            exact = scope.keep(dot(probabilities, away)); // [n]
            entropy = scope.keep(dot(probabilities, log).neg()); // [n]
        }
        Tensor drawn = log.gather(1, ids).view(-1).detach().set_requires_grad(true); // [n]
        Tensor fixed = drawn.detach().sub(away.gather(1, ids).view(-1)); // [n]
        Tensor divergence = switch (config.kl()) {
            case EXACT -> exact;
            case K2 -> Kl.k2(drawn, fixed);
            case K3 -> Kl.k3(drawn, fixed);
        }; // [n]
        double weight = config.klWeight() / policy.tokenBudget();
        Tensor loss = policy.of(drawn, tokens.sampled, tokens.advantages).add(Tensors.times(divergence.sum(), weight));
        loss.backward();
        try (Scope _ = Scope.noGrad();
                Scalar share = new Scalar(config.kl() == KlKind.EXACT ? weight : 0)) {
            Tensor slope = drawn.grad().view(-1, 1); // [n, 1]
            Tensor common = exact.view(-1, 1).mul(share).add(slope); // [n, 1]
            logits.copy_(away.mul_(share).sub_(common).mul_(probabilities)).scatter_add_(1, ids, slope);
        }
        PolicyLoss.Ratio ratio = policy.ratio(drawn.detach(), tokens.sampled, tokens.advantages);
        return new Sums(
                loss.item_double(),
                exact.sum().item_double(),
                entropy.sum().item_double(),
                ratio.meanRatio() * n,
                ratio.mismatch() * n,
                ratio.clippedShare() * n,
                n);
    }

    /// Products of rows, `[n]`.
    private static Tensor dot(Tensor a, Tensor b) {
        return torch.bmm(a.unsqueeze(1), b.unsqueeze(2)).view(-1);
    }
}
