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
    /// Elements of a weight that are widened at once: 128 MB of them. More than any matrix of a small model.
    private static final long MOST_WIDENED = 1L << 25;

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
            product = torch.mv(weight, x.reshape(-1).to(stored)).to(type).view(Shapes.withLast(x, weight.size(0)));
        } else {
            product = stored == type ? torch.linear(x, weight) : widened(x, weight, type);
        }
        return bias == null ? product : product.add(bias.to(type));
    }

    /// `y + x · weightᵀ` in one pass over y, which is wide where x is narrow.
    ///
    /// @param y `[N, out]` in the arithmetic's type, no view; overwritten, and gradients where they are recorded go
    ///     through it
    /// @param x `[N, in]` in the same type
    /// @param weight `[out, in]`, small enough to be widened whole
    /// @return y
    public static Tensor addProduct(Tensor y, Tensor x, Tensor weight) {
        return y.addmm_(x, weight.to(y.scalar_type()).t());
    }

    /// Widens a large matrix part by part, so that its copy stays small beside the model.
    private static Tensor widened(Tensor x, Tensor weight, ScalarType type) {
        long rows = weight.size(0);
        long slice = Math.clamp(MOST_WIDENED / weight.size(1), 1, rows);
        if (slice == rows) {
            return torch.linear(x, weight.to(type));
        }
        Tensor[] parts = new Tensor[Math.toIntExact(Math.ceilDiv(rows, slice))];
        for (int i = 0; i < parts.length; i++) {
            long from = i * slice;
            try (Scope scope = Scope.open()) {
                Tensor part = weight.narrow(0, from, Math.min(slice, rows - from));
                parts[i] = scope.keep(torch.linear(x, part.to(type)));
            }
        }
        return Tensors.cat(-1, parts);
    }
}
