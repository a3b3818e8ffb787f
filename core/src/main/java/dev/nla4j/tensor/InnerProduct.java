package dev.nla4j.tensor;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// oneDNN's inner product of fp32 numbers, which libtorch has for compiled models and does not choose by itself:
/// on AVX2 1.5 to 2.5 times as fast as OpenBLAS for up to 48 rows (engine.md). It keeps no gradient, and is not
/// mapped by the binding.
///
/// Beyond 48 rows, or with few outputs, it shares the work out in other blocks, and a wide inner dimension among
/// threads: then the last bits depend on how many threads there are. Found by trying 1 to 16 threads.
final class InnerProduct {
    private static final long MOST_ROWS = 48;
    private static final long FEWEST_OUTPUTS = 128;
    /// An inner dimension from this on is shared out where there are more threads than blocks of 64 outputs.
    private static final long WIDE = 768;

    /// Blocks of 64 for 16 threads.
    private static final long OUTPUTS_OF_WIDE = 1024;

    private static final @Nullable OperatorHandle OPERATOR = operator();

    /// Nothing is fused behind it: no name, no numbers, no algorithm.
    private static final IValue NOTHING = Scope.constant(new IValue());

    private static final IValue NO_NAME = Scope.constant(new IValue("none"));
    private static final IValue NO_NUMBERS = Scope.constant(OPERATOR == null ? new IValue() : noNumbers(OPERATOR));

    private InnerProduct() {}

    /// Whether it is there, faster than libtorch's own choice, and gives the same bits on any number of threads.
    ///
    /// @param x `[..., in]`
    /// @param weight `[out, in]`
    static boolean suits(Tensor x, Tensor weight) {
        long width = weight.size(1);
        return OPERATOR != null
                && x.numel() <= MOST_ROWS * width
                && weight.size(0) >= (width < WIDE ? FEWEST_OUTPUTS : OUTPUTS_OF_WIDE)
                && weight.scalar_type().intern() == ScalarType.Float;
    }

    /// `x · weightᵀ`.
    ///
    /// @param x `[..., in]` fp32
    /// @param weight `[out, in]` fp32
    /// @return `[..., out]` fp32
    static Tensor apply(Tensor x, Tensor weight) {
        if (OPERATOR == null) {
            throw new IllegalStateException("this libtorch has no inner product of oneDNN's");
        }
        try (Scope scope = Scope.open()) {
            IValueVector stack =
                    new IValueVector(new IValue(x), new IValue(weight), NOTHING, NO_NAME, NO_NUMBERS, NOTHING);
            OPERATOR.callBoxed(stack);
            // A view, since the stack owns what it returns.
            return scope.keep(new Tensor(stack.get(0).toTensor()));
        }
    }

    /// Null where OpenBLAS is no slower, and where libtorch was built without it.
    private static @Nullable OperatorHandle operator() {
        if (!Threads.cpuCapability().equals("AVX2")) {
            return null;
        }
        try {
            return Scope.constant(Dispatcher.singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", ""));
        } catch (RuntimeException e) {
            return null;
        }
    }

    /// An empty list of the type that the operator's fifth argument has, whose name the binding does not know.
    private static IValue noNumbers(OperatorHandle operator) {
        return new IValue(new GenericList(
                operator.schema().arguments().getPointer(4).type().get().containedType(0)));
    }
}
