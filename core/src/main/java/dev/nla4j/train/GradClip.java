package dev.nla4j.train;

import dev.nla4j.tensor.Scope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// Bounds the norm of all gradients taken as one vector.
public final class GradClip {
    private GradClip() {}

    /// The Euclidean norm over all gradients: NaN or infinite as soon as one element is.
    public static double norm(List<Parameter> parameters) {
        try (Scope _ = Scope.noGrad()) {
            double squares = 0;
            for (Parameter parameter : parameters) {
                double norm = parameter.gradient().norm().item_double();
                squares += norm * norm;
            }
            return Math.sqrt(squares);
        }
    }

    /// Scales all gradients so that their norm is at most `most`, and returns the norm they had. Gradients whose norm
    /// is not finite are left as they are: scaling can't mend them, and [NonFiniteGuard] decides what happens.
    ///
    /// @param most above 0; infinity only measures
    public static double clip(List<Parameter> parameters, double most) {
        if (!(most > 0)) {
            throw new IllegalArgumentException("clip: must be above 0, was " + most);
        }
        double norm = norm(parameters);
        if (Double.isFinite(norm) && norm > most) {
            try (Scope _ = Scope.noGrad()) {
                Scalar factor = new Scalar(most / norm);
                for (Parameter parameter : parameters) {
                    Tensor gradient = parameter.gradient();
                    gradient.mul_(factor);
                }
            }
        }
        return norm;
    }
}
