package dev.nla4j.tensor;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// `x · weightᵀ + bias`, by the fastest way this processor has; the one place where weights are multiplied.
///
/// Weights may be narrower than the arithmetic: on a processor without bf16 products (see [DType#arithmetic]) bf16
/// weights meet fp32 numbers and are widened on the way. A single row is a product of a matrix and a vector,
/// bound by memory, and is read as it is stored.
public final class MatrixProduct {
    private static final boolean NATIVE_BF16 = DType.BF16.arithmetic() == ScalarType.BFloat16;

    private MatrixProduct() {}

    /// A linear layer.
    ///
    /// @param x `[..., in]` in the arithmetic's type
    /// @param weight `[out, in]`
    /// @param bias `[out]` in the weight's type
    /// @return `[..., out]` in x's type
    public static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
        ScalarType type = x.scalar_type().intern();
        ScalarType stored = weight.scalar_type().intern();
        // Where bf16 products are native they are the same bits for a row alone and among others; a vector's are not.
        boolean vector = x.numel() == weight.size(1)
                && !(stored == ScalarType.BFloat16 && NATIVE_BF16)
                && !x.requires_grad()
                && !weight.requires_grad();
        Tensor product;
        if (vector) {
            product = torch.mv(weight, x.reshape(-1).to(stored)).to(type).view(withLast(x, weight.size(0)));
        } else {
            product = torch.linear(x, stored == type ? weight : weight.to(type));
        }
        return bias == null ? product : product.add(bias.to(type));
    }

    private static long[] withLast(Tensor x, long last) {
        long[] shape = Shapes.of(x);
        shape[shape.length - 1] = last;
        return shape;
    }
}
