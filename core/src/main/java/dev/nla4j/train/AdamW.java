package dev.nla4j.train;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// AdamW (Loshchilov and Hutter 2019): `p ← p (1 − lr·wd) − lr · m̂ / (√v̂ + ε)`, moments and weights in fp32.
///
/// A bf16 parameter gets an fp32 master that is updated and then rounded into it; an fp32 parameter is its own master.
/// Owns moments and masters until it is closed; parameters stay the caller's.
public final class AdamW implements AutoCloseable {
    private static final String STEP = "step";

    /// Which arithmetic does the update. Both compute the same to rounding.
    public enum Kernel {
        /// libtorch's `_fused_adamw_`: one pass over memory.
        FUSED,
        /// One tensor operation after the other: the reference the fused one is tested against.
        PLAIN
    }

    /// The constants of the update.
    ///
    /// @param beta1 decay of the first moment, 0 to below 1
    /// @param beta2 decay of the second moment, 0 to below 1
    /// @param eps added to the root of the second moment, above 0
    /// @param weightDecay 0 or more; decoupled from the gradient
    public record Config(double beta1, double beta2, double eps, double weightDecay) {
        /// What the published recipe uses.
        public static final Config DEFAULT = new Config(0.9, 0.95, 1e-8, 0);

        public Config {
            require(beta1 >= 0 && beta1 < 1, "beta1: must be 0 to below 1, was " + beta1);
            require(beta2 >= 0 && beta2 < 1, "beta2: must be 0 to below 1, was " + beta2);
            require(eps > 0 && eps < 1, "eps: must be above 0 and below 1, was " + eps);
            require(weightDecay >= 0 && weightDecay < 1, "weight-decay: must be 0 to below 1, was " + weightDecay);
        }

        private static void require(boolean holds, String problem) {
            if (!holds) {
                throw new IllegalArgumentException(problem);
            }
        }
    }

    private final List<Parameter> parameters;
    private final Config config;
    private final Kernel kernel;
    private final List<Tensor> masters = new ArrayList<>(); // fp32; the parameter itself where that is fp32
    private final List<Tensor> firstMoments = new ArrayList<>(); // fp32, the parameter's shape
    private final List<Tensor> secondMoments = new ArrayList<>(); // fp32, the parameter's shape
    private final Tensor step; // fp32 scalar, as the fused kernel wants it: exact up to 16 million steps

    /// With the fused kernel where libtorch has it.
    public AdamW(List<Parameter> parameters, Config config) {
        this(parameters, config, FusedAdamW.isPresent() ? Kernel.FUSED : Kernel.PLAIN);
    }

    public AdamW(List<Parameter> parameters, Config config, Kernel kernel) {
        Set<String> names = new HashSet<>();
        for (Parameter parameter : parameters) {
            if (!names.add(parameter.name()) || parameter.name().equals(STEP)) {
                throw new IllegalArgumentException(
                        "name: must be unique and not \"" + STEP + "\", was " + parameter.name());
            }
        }
        this.parameters = List.copyOf(parameters);
        this.config = config;
        this.kernel = kernel;
        try (Scope scope = Scope.noGrad()) {
            for (Parameter parameter : parameters) {
                Tensor tensor = parameter.tensor();
                masters.add(
                        isMaster(tensor)
                                ? tensor
                                : scope.release(tensor.detach().to(ScalarType.Float)));
                firstMoments.add(scope.release(Tensors.zeros(DType.FP32, Shapes.of(tensor))));
                secondMoments.add(scope.release(Tensors.zeros(DType.FP32, Shapes.of(tensor))));
            }
            step = scope.release(Tensors.zeros(DType.FP32));
        }
    }

    /// Updates every parameter from its accumulated gradient.
    ///
    /// @param learningRate 0 or more and finite
    /// @throws IllegalStateException when a parameter has no gradient
    public void step(double learningRate) {
        if (!(learningRate >= 0) || Double.isInfinite(learningRate)) {
            throw new IllegalArgumentException("learning rate: must be 0 or more and finite, was " + learningRate);
        }
        try (Scope _ = Scope.noGrad()) {
            List<Tensor> gradients = new ArrayList<>();
            for (Parameter parameter : parameters) {
                gradients.add(parameter.gradient().to(ScalarType.Float));
            }
            step.add_(new Scalar(1.0));
            switch (kernel) {
                case FUSED ->
                    FusedAdamW.step(
                            masters,
                            gradients,
                            new FusedAdamW.Moments(firstMoments, secondMoments, step),
                            learningRate,
                            config);
                case PLAIN -> plain(gradients, learningRate);
            }
            for (int i = 0; i < masters.size(); i++) {
                Tensor tensor = parameters.get(i).tensor();
                if (!isMaster(tensor)) {
                    tensor.copy_(masters.get(i));
                }
            }
        }
    }

    /// Sets every gradient to zero, in place.
    public void clearGradients() {
        try (Scope _ = Scope.noGrad()) {
            for (Parameter parameter : parameters) {
                if (parameter.hasGradient()) {
                    parameter.gradient().zero_();
                }
            }
        }
    }

    /// Updates done so far.
    public long steps() {
        return (long) step.item_double();
    }

    /// Everything that must survive a restart besides the parameters: the live tensors, to save from and to restore
    /// into. `NAME.m`, `NAME.v`, `NAME.master` (for parameters that are not fp32), `step`.
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        state.put(STEP, step);
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            state.put(parameter.name() + ".m", firstMoments.get(i));
            state.put(parameter.name() + ".v", secondMoments.get(i));
            if (!isMaster(parameter.tensor())) {
                state.put(parameter.name() + ".master", masters.get(i));
            }
        }
        return Collections.unmodifiableMap(state);
    }

    private void plain(List<Tensor> gradients, double learningRate) {
        double steps = step.item_double();
        double correction1 = 1 - Math.pow(config.beta1, steps);
        double correction2 = 1 - Math.pow(config.beta2, steps);
        for (int i = 0; i < masters.size(); i++) {
            Tensor weight = masters.get(i);
            Tensor gradient = gradients.get(i);
            Tensor m = firstMoments.get(i);
            Tensor v = secondMoments.get(i);
            weight.mul_(new Scalar(1 - learningRate * config.weightDecay));
            m.lerp_(gradient, new Scalar(1 - config.beta1));
            v.mul_(new Scalar(config.beta2)).addcmul_(gradient, gradient, new Scalar(1 - config.beta2));
            Tensor spread = v.sqrt().div_(new Scalar(Math.sqrt(correction2))).add_(new Scalar(config.eps));
            weight.addcdiv_(m, spread, new Scalar(-learningRate / correction1));
        }
    }

    private static boolean isMaster(Tensor tensor) {
        return tensor.scalar_type().intern() == ScalarType.Float;
    }

    @Override
    public void close() {
        for (int i = 0; i < parameters.size(); i++) {
            if (!isMaster(parameters.get(i).tensor())) {
                masters.get(i).close();
            }
            firstMoments.get(i).close();
            secondMoments.get(i).close();
        }
        step.close();
    }
}
