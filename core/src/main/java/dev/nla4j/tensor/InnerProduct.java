package dev.nla4j.tensor;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;

/// oneDNN's inner product of fp32 numbers, which libtorch has for compiled models and does not choose by itself: on
/// AVX2
/// 1.5 to 2.5 times as fast as OpenBLAS for up to 48 rows (engine.md). It keeps no gradient, and is not mapped by the
/// binding.
final class InnerProduct {
    private static final OperatorHandle OPERATOR =
            Scope.constant(Dispatcher.singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", ""));

    /// Nothing is fused behind it: no name, no numbers, no algorithm.
    private static final IValue NOTHING = Scope.constant(new IValue());

    private static final IValue NO_NAME = Scope.constant(new IValue("none"));
    private static final IValue NO_NUMBERS = Scope.constant(new IValue(noNumbers()));

    private InnerProduct() {}

    /// `x · weightᵀ`.
    ///
    /// @param x `[..., in]` fp32
    /// @param weight `[out, in]` fp32
    /// @return `[..., out]` fp32
    static Tensor apply(Tensor x, Tensor weight) {
        try (Scope scope = Scope.open()) {
            IValueVector stack =
                    new IValueVector(new IValue(x), new IValue(weight), NOTHING, NO_NAME, NO_NUMBERS, NOTHING);
            OPERATOR.callBoxed(stack);
            // A view, since the stack owns what it returns.
            return scope.keep(new Tensor(stack.get(0).toTensor()));
        }
    }

    /// An empty list of the type that the operator's fifth argument has, whose name the binding does not know.
    private static GenericList noNumbers() {
        return new GenericList(
                OPERATOR.schema().arguments().getPointer(4).type().get().containedType(0));
    }
}
