package dev.nla4j.tensor;

import org.bytedeco.pytorch.IValue;
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

    private static final @Nullable Operator OPERATOR = operator("");
    private static final @Nullable Operator ADDING = operator("binary");

    /// Nothing is fused behind it: no name, no numbers, no algorithm.
    private static final IValue NO_NAME = Scope.constant(new IValue("none"));
    private static final IValue ADD = Scope.constant(new IValue("add"));
    private static final IValue NO_NUMBERS = Scope.constant(OPERATOR == null ? new IValue() : OPERATOR.emptyList(4));

    private static final boolean THERE = OPERATOR != null && ADDING != null;

    static {
        // From the first product on, whoever wires the program: a result must not follow from what ran before.
        Threads.useBlas(THERE ? 1 : Threads.ofBlas());
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
        return there(OPERATOR).call(x, weight, null, NO_NAME, NO_NUMBERS, null)[0];
    }

    /// `y + x · weightᵀ`.
    ///
    /// @param y `[N, out]` fp32
    /// @param x `[N, in]` fp32
    /// @param weight `[out, in]` fp32
    /// @return `[N, out]` fp32
    static Tensor add(Tensor y, Tensor x, Tensor weight) {
        return there(ADDING).call(x, y, weight, null, ADD)[0];
    }

    private static Operator there(@Nullable Operator operator) {
        if (operator == null) {
            throw new IllegalStateException("this libtorch has no inner product of oneDNN's");
        }
        return operator;
    }

    /// Null where it was not tried against OpenBLAS, and where libtorch was built without it.
    private static @Nullable Operator operator(String overload) {
        return Threads.cpuCapability().equals("AVX2") ? Operator.find("mkldnn::_linear_pointwise", overload) : null;
    }
}
