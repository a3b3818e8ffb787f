package dev.nla4j.tensor;

import java.util.Objects;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// `x · weightᵀ + bias`, by the fastest way this processor has; the one place where weights are multiplied.
///
/// Weights may be narrower than the arithmetic: on a processor without bf16 products (see
/// [DType#arithmetic]) bf16 weights meet fp32 numbers and are widened on the way, where they were not
/// packed ([Matrix#forReading]). A single row of fp32 is a product of a matrix and a vector, bound by
/// memory.
public final class MatrixProduct {
    /// Elements of a weight that are widened at once: 128 MB of them. More than any matrix of a small model.
    private static final long MOST_WIDENED = 1L << 25;

    /// Beyond so many numbers oneDNN adds a bf16 product's inner dimension up in parts, how many of them depending on
    /// rows and threads: a row's bits would depend on what stands beside it. Found by trying, see engine.md.
    private static final long WIDEST_SUM = 1024;

    private static final long WHOLE_TILES = 32;
    /// Fewer rows of a bf16 product may be added up in another order: once in some thousand products.
    private static final long FEWEST_ROWS = 4;
    /// libtorch does a bf16 product of so many multiplications itself, and its sums have other last bits than oneDNN's.
    private static final long MOST_BY_ITSELF = 4096;
    /// Over fewer numbers a product of up to a dozen rows may be added up in another order: adapters of rank 8 and
    /// less.
    private static final long NARROWEST = 16;

    private static final Scalar ONE = Scope.constant(new Scalar(1.0));

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
        boolean learns = learns(x, weight);
        boolean narrow = type == ScalarType.BFloat16 && stored == type && !learns; // to have bits of its own
        if (narrow && weight.size(1) < NARROWEST) {
            return linear(filled(x), filled(weight), bias);
        }
        long few = x.numel() / weight.size(1);
        long missing = narrow ? missingRows(1, few, weight.size(1), weight.size(0)) : 0;
        if (missing > 0) {
            Tensor enough = withRows(x.reshape(few, weight.size(1)), missing);
            return linear(enough, weight, bias).narrow(0, 0, few).view(Shapes.withLast(x, weight.size(0)));
        }
        Tensor product;
        if (stored != type) {
            product = widened(x, weight, type, learns);
        } else if (narrow && weight.size(1) > WIDEST_SUM) {
            product = inSlices(x, weight);
        } else {
            product = product(x, weight, learns);
        }
        return bias == null ? product : product.add(bias.to(type));
    }

    /// Of two of one type.
    private static Tensor product(Tensor x, Tensor weight, boolean learns) {
        if (learns || x.scalar_type().intern() != ScalarType.Float) {
            return torch.linear(x, weight);
        }
        if (InnerProduct.suits(weight)) {
            return InnerProduct.apply(x, weight);
        }
        Tensor rows = x.reshape(-1, weight.size(1));
        if (weight.size(0) > 0 && InnerProduct.suits(rows)) { // many rows and few outputs: they change places
            return InnerProduct.apply(weight, rows).t().contiguous().view(Shapes.withLast(x, weight.size(0)));
        }
        return x.numel() == weight.size(1)
                ? torch.mv(weight, x.reshape(-1)).view(Shapes.withLast(x, weight.size(0)))
                : torch.linear(x, weight);
    }

    /// As a sum over slices of the inner dimension, none of which the library splits by itself. Two are added inside of
    /// the second product; more in fp32, or each would round what is there so far.
    private static Tensor inSlices(Tensor x, Tensor weight) {
        long inner = weight.size(1);
        long slices = Math.ceilDiv(inner, WIDEST_SUM);
        long each = slice(inner);
        Tensor flat = x.reshape(-1, inner);
        Tensor sum = torch.linear(flat.narrow(1, 0, each), weight.narrow(1, 0, each));
        if (slices > 2) {
            sum = sum.to(ScalarType.Float);
        }
        for (long from = each; from < inner; from += each) {
            long count = Math.min(each, inner - from);
            Tensor part = flat.narrow(1, from, count);
            Tensor rows = weight.narrow(1, from, count);
            sum = slices > 2 ? sum.add_(torch.linear(part, rows)) : addProduct(sum, part, rows);
        }
        return sum.to(ScalarType.BFloat16).view(Shapes.withLast(x, weight.size(0)));
    }

    /// How wide slices of a wide sum are: all about as wide, or the last one might be too narrow to have bits of its
    /// own.
    private static long slice(long inner) {
        long slices = Math.ceilDiv(inner, WIDEST_SUM);
        return Math.ceilDiv(Math.ceilDiv(inner, slices), WHOLE_TILES) * WHOLE_TILES;
    }

    /// `[K, N, P]` times `[K, P, d]`; wide sums of bf16 in slices too, but where gradients are recorded. Slices are
    /// all but the last of one width, so that zeros behind a row's own numbers change no bit of it.
    public static Tensor batched(Tensor x, Tensor y) {
        if (x.scalar_type().intern() != ScalarType.BFloat16 || learns(x, y)) {
            return torch.bmm(x, y);
        }
        long missing = missingRows(x.size(0), x.size(1), y.size(1), y.size(2));
        Tensor product =
                y.size(1) <= WIDEST_SUM ? torch.bmm(withRows(x, missing), y) : batchedInSlices(withRows(x, missing), y);
        return missing > 0 ? product.narrow(1, 0, x.size(1)) : product;
    }

    /// `term + scale · x · y`, added before it is rounded.
    ///
    /// @param term `[1 or K, N, d]`
    /// @param x `[K, N, P]` with P no wider than a head
    /// @param y `[K, P, d]`
    public static Tensor batchedOnto(Tensor term, Tensor x, Tensor y, double scale) {
        boolean narrow = x.scalar_type().intern() == ScalarType.BFloat16 && !learns(x, y);
        long missing = narrow ? missingRows(x.size(0), x.size(1), y.size(1), y.size(2)) : 0;
        try (Scalar factor = new Scalar(scale)) {
            Tensor sum = torch.baddbmm(withRows(term, missing), withRows(x, missing), y, ONE, factor);
            return missing > 0 ? sum.narrow(1, 0, x.size(1)) : sum;
        }
    }

    private static Tensor batchedInSlices(Tensor x, Tensor y) {
        long inner = y.size(1);
        Tensor sum = null;
        for (long from = 0; from < inner; from += WIDEST_SUM) {
            long count = Math.min(WIDEST_SUM, inner - from);
            Tensor left = x.narrow(2, from, count);
            Tensor right = y.narrow(1, from, count);
            if (count < NARROWEST) {
                left = filled(left);
                right = torch.constant_pad_nd(right, new long[] {0, 0, 0, NARROWEST - count});
            }
            Tensor part = torch.bmm(left, right).to(ScalarType.Float);
            sum = sum == null ? part : sum.add_(part);
        }
        return Objects.requireNonNull(sum).to(ScalarType.BFloat16);
    }

    /// `y + x · weightᵀ` in one pass over y, which is wide where x is narrow.
    ///
    /// @param y `[N, out]` in the arithmetic's type, no view; may be overwritten, so not to be used any more;
    ///     gradients where they are recorded go through it
    /// @param x `[N, in]` in the same type
    /// @param weight `[out, in]`, small enough to be widened whole
    public static Tensor addProduct(Tensor y, Tensor x, Tensor weight) {
        boolean still = !learns(x, weight) && !y.requires_grad();
        if (still && y.scalar_type().intern() == ScalarType.Float && InnerProduct.isThere()) {
            Tensor wide = weight.to(ScalarType.Float);
            if (y.size(0) == 1) {
                return y.view(-1).addmv_(wide, x.view(-1)).view(1, -1);
            }
            if (InnerProduct.suits(wide)) {
                return InnerProduct.add(y, x, wide);
            }
        }
        boolean alone = still && y.scalar_type().intern() == ScalarType.BFloat16;
        if (alone && weight.size(1) < NARROWEST) {
            return addProduct(y, filled(x), filled(weight));
        }
        Tensor columns = weight.to(y.scalar_type()).t();
        long missing = alone ? missingRows(1, y.size(0), x.size(1), y.size(1)) : 0;
        if (missing > 0) {
            Tensor sum = withRows(y, missing).addmm_(withRows(x, missing), columns);
            return y.copy_(sum.narrow(0, 0, y.size(0)));
        }
        return y.addmm_(x, columns);
    }

    /// With zeros behind its last dimension's numbers, so that the library treats all numbers of rows alike.
    private static Tensor filled(Tensor x) {
        return torch.constant_pad_nd(x, new long[] {0, NARROWEST - x.size(x.dim() - 1)});
    }

    private static boolean learns(Tensor x, Tensor weight) {
        return GradMode.is_enabled() && (x.requires_grad() || weight.requires_grad());
    }

    /// How many rows a bf16 product lacks for the library to treat all alike.
    private static long missingRows(long times, long rows, long inner, long outputs) {
        long each = times * inner * outputs;
        return each == 0 || rows == 0 ? 0 : Math.max(FEWEST_ROWS, MOST_BY_ITSELF / each + 1) - rows;
    }

    /// `[..., N, P]` and so many rows of zeros.
    private static Tensor withRows(Tensor rows, long missing) {
        return missing <= 0 ? rows : torch.constant_pad_nd(rows, new long[] {0, 0, 0, missing});
    }

    /// Widens a large matrix part by part, so that its copy stays small beside the model.
    private static Tensor widened(Tensor x, Tensor weight, ScalarType type, boolean learns) {
        long rows = weight.size(0);
        long slice = Math.clamp(MOST_WIDENED / weight.size(1), 1, rows);
        if (slice == rows) {
            return product(x, weight.to(type), learns);
        }
        Tensor[] parts = new Tensor[Math.toIntExact(Math.ceilDiv(rows, slice))];
        for (int i = 0; i < parts.length; i++) {
            long from = i * slice;
            try (Scope scope = Scope.open()) {
                Tensor part = weight.narrow(0, from, Math.min(slice, rows - from));
                parts[i] = scope.keep(product(x, part.to(type), learns));
            }
        }
        return Tensors.cat(-1, parts);
    }
}
