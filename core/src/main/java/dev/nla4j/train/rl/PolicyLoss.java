package dev.nla4j.train.rl;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.train.config.RlConfig;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The policy gradient's loss, `−Σ_t A_t log π(y_t) / budget`.
///
/// The divisor is a number of tokens fixed for the run, not a sample's own length: dividing by own length makes long
/// bad texts cheap (Liu et al. 2025), dividing by the batch's length makes the step depend on luck.
///
/// @param tokenBudget divisor, 1 or more; say samples a step times tokens a sample
/// @param ratioClip half width of the band outside which a token's ratio to the sampling policy stops to teach, 0 for
/// none: with one update a rollout the ratio is 1 and clipping does nothing
public record PolicyLoss(long tokenBudget, double ratioClip) {
    public PolicyLoss {
        if (tokenBudget < 1) {
            throw new IllegalArgumentException("token budget: must be >= 1, was " + tokenBudget);
        }
        if (!(ratioClip >= 0 && ratioClip < 1)) {
            throw new IllegalArgumentException("ratio-clip: must be 0 (off) to below 1, was " + ratioClip);
        }
    }

    /// That of a run: the budget is every sample of a step that teaches, at its longest.
    public static PolicyLoss of(RlConfig config) {
        RlConfig.Rollout rollout = config.rollout();
        long samples = switch (config.loss().method()) {
            case GRPO -> rollout.samples();
            case BEST_OF_N -> rollout.promptsPerStep();
        };
        return new PolicyLoss(samples * rollout.maxNewTokens(), config.loss().ratioClip());
    }

    /// Sums over the tokens of one micro-batch; gradients of all micro-batches of a step add up to the whole step's.
    ///
    /// Without clipping the gradient is that of `−A log π`. With it, the loss is `−min(ρA, clip(ρ)A)`, where
    /// `ρ = π / π_sampled`.
    ///
    /// @param logProbabilities `[N]` under the learning policy, differentiable
    /// @param sampledLogProbabilities `[N]` as the rollout recorded them; read only when clipping
    /// @param advantages `[N]`, each sample's advantage on all its tokens
    /// @return scalar
    public Tensor of(Tensor logProbabilities, Tensor sampledLogProbabilities, Tensor advantages) {
        Shapes.require(advantages, "advantages", logProbabilities.size(0));
        Shapes.require(sampledLogProbabilities, "sampledLogProbabilities", logProbabilities.size(0));
        Tensor gains = ratioClip == 0
                ? logProbabilities.mul(advantages.detach())
                : clipped(logProbabilities, sampledLogProbabilities.detach(), advantages.detach()); // [N]
        return gains.sum().mul(new Scalar(-1.0 / tokenBudget));
    }

    private Tensor clipped(Tensor logProbabilities, Tensor sampled, Tensor advantages) {
        Tensor ratio = logProbabilities.sub(sampled).exp(); // [N]
        return torch.minimum(ratio.mul(advantages), inside(ratio).mul(advantages));
    }

    /// Ratios as far as the band goes.
    private Tensor inside(Tensor ratio) {
        return ratio.clamp(
                new ScalarOptional(new Scalar(1 - ratioClip)), new ScalarOptional(new Scalar(1 + ratioClip)));
    }

    /// How far rollout and trainer disagree, for the log.
    ///
    /// @param meanRatio mean of `π / π_sampled`; 1 when both compute the same
    /// @param mismatch mean of k3 between both; about 0.001 is healthy in bf16
    /// @param clippedShare share of tokens that lose their gradient: those that left the band in their own
    /// favour
    public record Ratio(double meanRatio, double mismatch, double clippedShare) {}

    /// Measures [Ratio]; no gradient. Shapes as [#of].
    public Ratio ratio(Tensor logProbabilities, Tensor sampledLogProbabilities, Tensor advantages) {
        try (Scope _ = Scope.noGrad()) {
            Tensor log = logProbabilities.sub(sampledLogProbabilities);
            Tensor ratio = log.exp();
            double mismatch = ratio.sub(new Scalar(1.0)).sub(log).mean().item_double();
            double clipped = ratioClip == 0
                    ? 0
                    : inside(ratio)
                            .mul(advantages)
                            .lt(ratio.mul(advantages))
                            .to(torch.ScalarType.Float)
                            .mean()
                            .item_double();
            return new Ratio(ratio.mean().item_double(), mismatch, clipped);
        }
    }
}
