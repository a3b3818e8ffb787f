package dev.nla4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/// Gradients against the loss itself, a step to either side.
public final class FiniteDifferences {
    /// The loss moves by about this much, which is far more than fp32 rounds it; a step is no longer than [#LONGEST].
    private static final double MOVE = 1e-2;

    private static final double LONGEST = 2e-2;
    /// A shorter gradient could not be told from rounding.
    private static final double LEAST_GRADIENT = 2e-3;
    /// Of a gradient's length.
    private static final double TOLERANCE = 0.01;

    private FiniteDifferences() {}

    /// Requires each leaf's gradient to be the slope of `loss`: along the gradient, where the slope is its length, and
    /// along a random direction.
    public static void requireGradients(Map<String, Tensor> leaves, Supplier<Tensor> loss) {
        Random random = new Random(13);
        leaves.forEach((name, leaf) -> {
            try (Scope _ = Scope.noGrad()) {
                float[] gradient = Tensors.floats(leaf.grad());
                double length = Math.sqrt(dot(gradient, gradient));
                assertThat(length).as(name).isGreaterThan(LEAST_GRADIENT);
                float[] other = new float[gradient.length];
                for (int i = 0; i < other.length; i++) {
                    other[i] = (float) random.nextGaussian();
                }
                double step = Math.min(LONGEST, MOVE / length);
                for (float[] direction : List.of(gradient, other)) {
                    double norm = Math.sqrt(dot(direction, direction));
                    double expected = dot(gradient, direction) / norm;
                    // Of one and two steps, so that errors of third order cancel.
                    double near = slope(leaf, direction, step / norm, loss) / norm;
                    double far = slope(leaf, direction, 2 * step / norm, loss) / norm;
                    assertThat((4 * near - far) / 3).as(name).isCloseTo(expected, within(TOLERANCE * length));
                }
            }
        });
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /// Central difference along `direction`, for so many of its lengths.
    private static double slope(Tensor leaf, float[] direction, double step, Supplier<Tensor> loss) {
        Tensor kept = leaf.clone();
        Tensor moved = Tensors.times(Tensors.of(direction, direction.length).view(Shapes.of(leaf)), step);
        leaf.copy_(kept.add(moved));
        double above = loss.get().item_double();
        leaf.copy_(kept.sub(moved));
        double below = loss.get().item_double();
        leaf.copy_(kept);
        return (above - below) / (2 * step);
    }
}
