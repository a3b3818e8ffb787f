package dev.nla4j.tensor;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// A bf16 matrix as fp16 for FBGEMM, which multiplies it with fp32 numbers and widens it within the
/// processor: on AVX2, where bf16 is not multiplied, 1.5 to 8 times as fast as widening it in memory first,
/// and a row alone half as long as in fp32 (engine.md). libtorch has it as its product of quantised models.
///
/// Numbers of bf16 from 6.1e-5 to 65504 in size are fp16's too; smaller ones become multiples of 6e-8.
/// Larger ones are not packed.
///
/// @param parts below each other, of one matrix
/// @param inputs of the matrix
record FbgemmWeights(List<IValue> parts, long inputs) implements PackedWeights {
    /// FBGEMM cuts rows into groups of up to six; groups of one and of two add numbers up in another order,
    /// so that a row's bits would depend on how many rows there are. Found by trying 1 to 300 rows.
    private static final long GROUP = 6;

    private static final long SMALLEST_GROUP = 3;
    private static final double LARGEST = 65504;
    /// Larger ones are packed in slices of so many numbers, so that their copy in fp32 stays small beside
    /// the model.
    private static final long LARGEST_WHOLE = 1L << 25;

    private static final long SLICE = 1L << 24;

    /// FBGEMM's blocks: a matrix takes the room of whole ones, whatever it fills of them
    /// (`FbgemmPackMatrixB.h`).
    private static final long BLOCK_INPUTS = 512;

    private static final long BLOCK_OUTPUTS = 16;

    /// Asked once, and only when needed: it loads libtorch. Null where bf16 is multiplied, or the library
    /// was built without them.
    private static final class Operators {
        static final @Nullable Operator PACK = operator("quantized::linear_prepack_fp16");
        static final @Nullable Operator MULTIPLY = operator("quantized::linear_dynamic_fp16");

        private static @Nullable Operator operator(String name) {
            return Threads.cpuCapability().equals("AVX2") ? Operator.find(name, "") : null;
        }
    }

    FbgemmWeights {
        parts = List.copyOf(parts);
    }

    /// Whether it is there.
    static boolean isThere() {
        // The inner product sees to it that what is multiplied beside packed matrices has bits of its own, too.
        return Operators.PACK != null && Operators.MULTIPLY != null && InnerProduct.isThere();
    }

    /// Whether it has a number for each of a matrix's.
    static boolean holds(Tensor tensor) {
        try (Scope _ = Scope.noGrad()) {
            return !(Math.max(tensor.max().item_double(), -tensor.min().item_double()) > LARGEST);
        }
    }

    /// @param tensor `[out, in]` bf16, at least one number
    static FbgemmWeights of(Tensor tensor) {
        long rows = tensor.size(0);
        long slice = slice(rows, tensor.size(1));
        List<IValue> parts = new ArrayList<>();
        for (long from = 0; from < rows; from += slice) {
            try (Scope scope = Scope.noGrad()) {
                Tensor wide =
                        tensor.narrow(0, from, Math.min(slice, rows - from)).to(ScalarType.Float);
                parts.add(scope.keep(there(Operators.PACK).value(wide, null)));
            }
        }
        return new FbgemmWeights(parts, tensor.size(1));
    }

    /// Rows of a part.
    private static long slice(long outputs, long inputs) {
        return outputs * inputs <= LARGEST_WHOLE ? outputs : Math.clamp(SLICE / inputs, 1, outputs);
    }

    /// Bytes that a packed matrix takes.
    static long bytes(long outputs, long inputs) {
        long slice = slice(outputs, inputs);
        long rows = outputs / slice * PackedMatrix.whole(slice, BLOCK_OUTPUTS)
                + PackedMatrix.whole(outputs % slice, BLOCK_OUTPUTS);
        return DType.BF16.bytes() * rows * PackedMatrix.whole(inputs, BLOCK_INPUTS);
    }

    /// Bytes that packing takes besides what is packed: the numbers as they were, and a slice of them in
    /// fp32.
    static long bytesMeanwhile(long numbers) {
        return DType.BF16.bytes() * numbers + DType.FP32.bytes() * (numbers <= LARGEST_WHOLE ? numbers : SLICE);
    }

    private static Operator there(@Nullable Operator operator) {
        if (operator == null) {
            throw new IllegalStateException("this libtorch has no fp16 products on this processor");
        }
        return operator;
    }

    @Override
    public Tensor times(Tensor x) {
        long rows = x.numel() / inputs;
        try (Scope scope = Scope.open()) {
            Tensor whole = whole(x.reshape(rows, inputs), rows);
            Tensor[] products = new Tensor[parts.size()];
            for (int i = 0; i < products.length; i++) {
                products[i] = there(Operators.MULTIPLY).call(whole, parts.get(i))[0];
            }
            Tensor product = products.length == 1 ? products[0] : Tensors.cat(1, products);
            long[] shape = Shapes.withLast(x, product.size(1));
            return scope.keep((product.size(0) > rows ? product.narrow(0, 0, rows) : product).view(shape));
        }
    }

    @Override
    public Tensor addTo(Tensor y, Tensor x) {
        return y.add_(times(x));
    }

    @Override
    public boolean fuses() {
        return false;
    }

    @Override
    public Tensor silu(Tensor x) {
        throw new UnsupportedOperationException("FBGEMM has no activation behind its product");
    }

    /// `[N, in]` of a number of rows that is cut into sound groups: more than there are, where need be.
    private Tensor whole(Tensor x, long rows) {
        if (rows == 1) {
            return x.expand(SMALLEST_GROUP, inputs).contiguous();
        }
        long over = rows % GROUP;
        return over == 1 || over == 2
                ? torch.constant_pad_nd(x, new long[] {0, 0, 0, SMALLEST_GROUP - over})
                : x.contiguous();
    }

    @Override
    public void keepIn(Scope scope) {
        parts.forEach(scope::keep);
    }

    @Override
    public void release(Scope scope) {
        parts.forEach(scope::release);
    }

    @Override
    public void close() {
        parts.forEach(IValue::close);
    }
}
