package dev.nla4j.train.rl;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// A loss's gradient by autograd and by central differences, both in fp64.
final class FiniteDifferences {
    private static final double STEP = 1e-5;

    private FiniteDifferences() {}

    /// The largest difference between both over all elements of `at`.
    static double worst(Function<Tensor, Tensor> loss, float[] at, long... shape) {
        double[] automatic = gradient(loss, at, shape);
        double worst = 0;
        for (int i = 0; i < at.length; i++) {
            double numeric = (value(loss, at, i, STEP, shape) - value(loss, at, i, -STEP, shape)) / (2 * STEP);
            worst = Math.max(worst, Math.abs(numeric - automatic[i]));
        }
        return worst;
    }

    static double[] gradient(Function<Tensor, Tensor> loss, float[] at, long... shape) {
        try (Scope _ = Scope.open()) {
            Tensor x = Tensors.of(at, shape).to(ScalarType.Double).set_requires_grad(true);
            loss.apply(x).backward();
            Tensor flat = x.grad().view(-1);
            double[] gradient = new double[at.length];
            for (int i = 0; i < at.length; i++) {
                gradient[i] = flat.select(0, i).item_double();
            }
            return gradient;
        }
    }

    private static double value(Function<Tensor, Tensor> loss, float[] at, int index, double move, long... shape) {
        try (Scope _ = Scope.noGrad()) {
            Tensor x = Tensors.of(at, shape).to(ScalarType.Double);
            Tensor element = x.view(-1).narrow(0, index, 1);
            element.add_(new org.bytedeco.pytorch.Scalar(move));
            return loss.apply(x).item_double();
        }
    }
}
