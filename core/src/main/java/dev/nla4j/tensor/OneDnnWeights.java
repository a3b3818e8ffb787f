package dev.nla4j.tensor;

import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// A bf16 matrix in the order in which oneDNN's inner product reads it, on processors that multiply bf16 in
/// vectors (AVX-512 with bf16, without AMX). libtorch's own product lays a stored matrix out anew each
/// time: one row takes half as long here, 64 take three quarters (engine.md).
///
/// A row's bits depend neither on the rows beside it nor on the number of threads. Found by trying 1 to
/// 1,312 rows, 1 to 32 threads and 30 shapes up to sums of 18,944; with AMX it was not tried.
record OneDnnWeights(IValue packed) implements PackedWeights {
    /// A matrix takes the room of whole blocks, whatever it fills of them (`brgemm_inner_product` of
    /// oneDNN).
    private static final long BLOCK_OUTPUTS = 64;

    private static final long SMALLEST_BLOCK_OUTPUTS = 16;
    private static final long BLOCK_INPUTS = 16;

    /// Asked once, and only when needed: it loads libtorch. Null where they are not used.
    private static final class Operators {
        static final @Nullable Operator PACK = operator("mkldnn::_reorder_linear_weight", "");
        static final @Nullable Operator MULTIPLY = operator("mkldnn::_linear_pointwise", "");
        static final @Nullable Operator ADD = operator("mkldnn::_linear_pointwise", "binary");
        // What is fused behind it, by name; neither has numbers or an algorithm.
        static final IValue NOTHING = Scope.constant(new IValue("none"));
        static final IValue SUM = Scope.constant(new IValue("add"));
        static final IValue SILU = Scope.constant(new IValue("swish"));
        static final IValue NO_NUMBERS = Scope.constant(MULTIPLY == null ? new IValue() : MULTIPLY.emptyList(4));

        private static @Nullable Operator operator(String name, String overload) {
            boolean tried = Threads.multipliesBf16()
                    && MachineProbe.flags().contains("avx512_bf16")
                    && !MachineProbe.hasMatrixUnits();
            return tried ? Operator.find(name, overload) : null;
        }
    }

    /// Whether it is there, and was tried on processors of this kind.
    static boolean isThere() {
        return Operators.PACK != null && Operators.MULTIPLY != null && Operators.ADD != null;
    }

    /// @param tensor `[out, in]` bf16, at least one number
    static OneDnnWeights of(Tensor tensor) {
        return new OneDnnWeights(there(Operators.PACK).value(tensor, null));
    }

    /// Bytes that a packed matrix takes.
    static long bytes(long outputs, long inputs) {
        long block = BLOCK_OUTPUTS;
        while (block > SMALLEST_BLOCK_OUTPUTS && outputs <= block / 2) {
            block /= 2;
        }
        return DType.BF16.bytes() * PackedMatrix.whole(outputs, block) * PackedMatrix.whole(inputs, BLOCK_INPUTS);
    }

    /// Bytes that packing takes besides what is packed: the numbers as they were.
    static long bytesMeanwhile(long numbers) {
        return DType.BF16.bytes() * numbers;
    }

    private static Operator there(@Nullable Operator operator) {
        if (operator == null) {
            throw new IllegalStateException("this libtorch packs no bf16 on this processor");
        }
        return operator;
    }

    @Override
    public Tensor times(Tensor x) {
        return multiplied(x, Operators.NOTHING);
    }

    @Override
    public Tensor addTo(Tensor y, Tensor x) {
        return there(Operators.ADD).call(x, y, packed, null, Operators.SUM)[0];
    }

    @Override
    public boolean fuses() {
        return true;
    }

    @Override
    public Tensor silu(Tensor x) {
        return multiplied(x, Operators.SILU);
    }

    private Tensor multiplied(Tensor x, IValue fused) {
        return there(Operators.MULTIPLY).call(x, packed, null, fused, Operators.NO_NUMBERS, null)[0];
    }

    @Override
    public void keepIn(Scope scope) {
        scope.keep(packed);
    }

    @Override
    public void release(Scope scope) {
        scope.release(packed);
    }

    @Override
    public void close() {
        packed.close();
    }
}
