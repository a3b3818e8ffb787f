package dev.nla4j.tensor;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// oneDNN's inner product of fp32 numbers, which libtorch has for compiled models and does not choose by itself:
/// on AVX2 up to 2.5 times as fast as OpenBLAS for up to 128 rows, and as fast for more (engine.md). It keeps no
/// gradient, and is not mapped by the binding.
///
/// Its bits are the same on one thread and on two, where OpenBLAS's are not. With few outputs it shares the inner
/// dimension out among threads, and then they are not either. Found by trying 12,000 shapes, up to 5,000 rows.
final class InnerProduct {
    private static final long FEWEST_OUTPUTS = 128;
    private static final long FEWEST_INPUTS = 8;

    private static final @Nullable OperatorHandle OPERATOR = operator("");
    private static final @Nullable OperatorHandle ADDING = operator("binary");

    /// Nothing is fused behind it: no name, no numbers, no algorithm.
    private static final IValue NOTHING = Scope.constant(new IValue());

    private static final IValue NO_NAME = Scope.constant(new IValue("none"));
    private static final IValue ADD = Scope.constant(new IValue("add"));
    private static final IValue NO_NUMBERS = Scope.constant(OPERATOR == null ? new IValue() : noNumbers(OPERATOR));

    private static final boolean THERE = OPERATOR != null && ADDING != null;

    static {
        // From the first product on, whoever wires the program: a result must not follow from what ran before.
        if (THERE) {
            Threads.useBlas(1);
        }
    }

    private InnerProduct() {}

    /// Whether it is there at all.
    static boolean isThere() {
        return THERE;
    }

    /// Whether it is there, and gives the same bits on one thread and on two.
    ///
    /// @param weight `[out, in]`
    static boolean suits(Tensor weight) {
        return isThere()
                && weight.size(0) >= FEWEST_OUTPUTS
                && weight.size(1) >= FEWEST_INPUTS
                && weight.scalar_type().intern() == ScalarType.Float;
    }

    /// `x · weightᵀ`.
    ///
    /// @param x `[..., in]` fp32
    /// @param weight `[out, in]` fp32
    /// @return `[..., out]` fp32
    static Tensor apply(Tensor x, Tensor weight) {
        return called(
                OPERATOR,
                () -> new IValueVector(new IValue(x), new IValue(weight), NOTHING, NO_NAME, NO_NUMBERS, NOTHING));
    }

    /// `y + x · weightᵀ`.
    ///
    /// @param y `[N, out]` fp32
    /// @param x `[N, in]` fp32
    /// @param weight `[out, in]` fp32
    /// @return `[N, out]` fp32
    static Tensor add(Tensor y, Tensor x, Tensor weight) {
        return called(ADDING, () -> new IValueVector(new IValue(x), new IValue(y), new IValue(weight), NOTHING, ADD));
    }

    private static Tensor called(@Nullable OperatorHandle operator, Supplier<IValueVector> arguments) {
        if (operator == null) {
            throw new IllegalStateException("this libtorch has no inner product of oneDNN's");
        }
        try (Scope scope = Scope.open()) {
            IValueVector stack = arguments.get();
            operator.callBoxed(stack);
            // A view, since the stack owns what it returns.
            return scope.keep(new Tensor(stack.get(0).toTensor()));
        }
    }

    /// Null where it was not tried against OpenBLAS, and where libtorch was built without it.
    private static @Nullable OperatorHandle operator(String overload) {
        if (!Threads.cpuCapability().equals("AVX2")) {
            return null;
        }
        try {
            return Scope.constant(Dispatcher.singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", overload));
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
