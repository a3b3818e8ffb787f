package dev.nla4j.train;

import dev.nla4j.tensor.Scope;
import java.util.List;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.OperatorName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorType;
import org.bytedeco.pytorch.Type;

/// libtorch's `aten::_fused_adamw_`, which the Java binding does not map: called by name through the dispatcher.
final class FusedAdamW {
    private static final String NAME = "aten::_fused_adamw_";

    private FusedAdamW() {}

    /// The state of the update.
    ///
    /// @param step scalar, already counted up for this update; stands for every parameter's own
    record Moments(List<Tensor> first, List<Tensor> second, Tensor step) {}

    /// Loaded at the first update only, so that a libtorch without the operator can still train.
    private static final class Operator {
        static final OperatorHandle HANDLE =
                Scope.constant(Dispatcher.singleton().findSchemaOrThrow(NAME, ""));
        static final Type.TypePtr TENSOR = Scope.constant(new Type.TypePtr(TensorType.get()));
    }

    static boolean isPresent() {
        try (OperatorName name = new OperatorName(NAME, "")) {
            return Dispatcher.singleton().findSchema(name).has_value();
        }
    }

    /// Updates `weights` and moments in place. Call under a scope without gradients; all tensors fp32.
    static void step(
            List<Tensor> weights, List<Tensor> gradients, Moments moments, double learningRate, AdamW.Config config) {
        List<Tensor> steps = java.util.Collections.nCopies(weights.size(), moments.step());
        boolean amsgrad = false;
        boolean maximise = false;
        // in the order of the schema in native_functions.yaml
        IValueVector arguments = new IValueVector(
                list(weights),
                list(gradients),
                list(moments.first()),
                list(moments.second()),
                list(List.of()),
                list(steps),
                new IValue(learningRate),
                new IValue(config.beta1()),
                new IValue(config.beta2()),
                new IValue(config.weightDecay()),
                new IValue(config.eps()),
                new IValue(amsgrad),
                new IValue(maximise),
                new IValue(),
                new IValue());
        Operator.HANDLE.callBoxed(arguments);
    }

    private static IValue list(List<Tensor> tensors) {
        GenericList list = new GenericList(Operator.TENSOR);
        for (Tensor tensor : tensors) {
            list.push_back(new IValue(tensor));
        }
        return new IValue(list);
    }
}
