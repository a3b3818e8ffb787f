package dev.nla4j.train;

import dev.nla4j.tensor.Operator;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// libtorch's `aten::_fused_adamw_`.
final class FusedAdamW {
    /// Null where libtorch was built without it: it can still train.
    private static final @Nullable Operator OPERATOR = Operator.find("aten::_fused_adamw_", "");

    private FusedAdamW() {}

    /// The state of the update.
    ///
    /// @param step scalar, already counted up for this update; stands for every parameter's own
    record Moments(List<Tensor> first, List<Tensor> second, Tensor step) {}

    static boolean isPresent() {
        return OPERATOR != null;
    }

    /// Updates `weights` and moments in place. Call under a scope without gradients; all tensors fp32.
    static void step(
            List<Tensor> weights, List<Tensor> gradients, Moments moments, double learningRate, AdamW.Config config) {
        boolean amsgrad = false;
        boolean maximise = false;
        Objects.requireNonNull(OPERATOR, "this libtorch has no fused AdamW")
                .call(
                        weights,
                        gradients,
                        moments.first(),
                        moments.second(),
                        List.of(),
                        Collections.nCopies(weights.size(), moments.step()),
                        learningRate,
                        config.beta1(),
                        config.beta2(),
                        config.weightDecay(),
                        config.eps(),
                        amsgrad,
                        maximise,
                        null,
                        null);
    }
}
