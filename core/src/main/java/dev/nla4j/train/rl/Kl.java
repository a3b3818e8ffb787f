package dev.nla4j.train.rl;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// How far the policy has moved from its warm start, a value a token. Results are differentiable with respect to the
/// policy; the reference never gets a gradient.
public final class Kl {
    private static final double HALF = 0.5;

    private Kl() {}

    /// Exact reverse divergence `Σ_y π(y) (log π(y) − log π₀(y))` at each position.
    ///
    /// @param logits `[N, V]` of the policy, any floating dtype
    /// @param referenceLogits `[N, V]` of the warm start
    /// @return `[N]`, 0 or more but for rounding; fp32 (fp64 for fp64 logits)
    public static Tensor exact(Tensor logits, Tensor referenceLogits) {
        Shapes.require(referenceLogits, "referenceLogits", logits.size(0), logits.size(1));
        Tensor logPolicy = wide(logits).log_softmax(1); // [N, V]
        Tensor logReference = wide(referenceLogits.detach()).log_softmax(1); // [N, V]
        return logPolicy.exp().mul(logPolicy.sub(logReference)).sum(LAST, false, null); // [N]
    }

    /// k2 on sampled tokens.
    ///
    /// @param logProbabilities `[N]` of the drawn tokens under the policy
    /// @param referenceLogProbabilities `[N]` of the same tokens under the warm start
    /// @return `[N]`
    public static Tensor k2(Tensor logProbabilities, Tensor referenceLogProbabilities) {
        Shapes.require(referenceLogProbabilities, "referenceLogProbabilities", logProbabilities.size(0));
        return Tensors.times(
                logProbabilities.sub(referenceLogProbabilities.detach()).square(), HALF);
    }

    /// k3 on sampled tokens, shapes as [#k2].
    public static Tensor k3(Tensor logProbabilities, Tensor referenceLogProbabilities) {
        Shapes.require(referenceLogProbabilities, "referenceLogProbabilities", logProbabilities.size(0));
        Tensor ratio = referenceLogProbabilities.detach().sub(logProbabilities); // log(π₀/π)
        return ratio.expm1().sub(ratio);
    }

    /// Entropy `−Σ π log π` at each position, for the log; no gradient.
    ///
    /// @param logits `[N, V]`
    /// @return `[N]`
    public static Tensor entropy(Tensor logits) {
        try (Scope scope = Scope.noGrad()) {
            Tensor log = wide(logits).log_softmax(1); // [N, V]
            return scope.keep(log.exp().mul(log).sum(LAST, false, null).neg()); // [N]
        }
    }

    /// Log-probabilities of the drawn tokens.
    ///
    /// @param logits `[N, V]`
    /// @param ids `[N]` int64
    /// @return `[N]`, differentiable
    public static Tensor logProbabilities(Tensor logits, Tensor ids) {
        Shapes.require(ids, "ids", logits.size(0));
        Tensor wide = wide(logits);
        Tensor chosen = wide.gather(1, ids.view(-1, 1)).view(-1); // [N]
        return chosen.sub(torch.logsumexp(wide, LAST, false));
    }

    private static Tensor wide(Tensor logits) {
        return logits.scalar_type().intern() == ScalarType.Double ? logits : logits.to(ScalarType.Float);
    }

    private static final long[] LAST = {-1};
}
