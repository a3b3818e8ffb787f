package dev.nla4j.train.rl;

import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// How far the policy has moved from its warm start, told of the drawn tokens alone ([TokenLoss] has the exact
/// divergence). Differentiable with respect to the policy; the reference never gets a gradient.
public final class Kl {
    private static final double HALF = 0.5;

    private Kl() {}

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
}
