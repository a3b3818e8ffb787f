package dev.nla4j.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// A bf16 matrix laid out anew for the library that multiplies it fastest on this processor:
/// [OneDnnWeights] where bf16 is multiplied, [FbgemmWeights] on AVX2. It passes no gradient on.
final class PackedMatrix implements Matrix {
    private final List<Packed> parts; // below each other; owned by whoever made this
    private final long inputs;
    private final long from;
    private final long count;

    /// A part.
    private record Packed(PackedWeights weights, long outputs) {
        /// `y` plus the outputs from `at` on.
        Tensor sum(Tensor y, long at, Tensor x) {
            long number = y.size(1);
            if (number == outputs) {
                return weights.addTo(y.contiguous(), x);
            }
            Tensor all = Tensors.zeros(y.scalar_type().intern(), y.size(0), outputs);
            all.narrow(1, at, number).copy_(y);
            return weights.addTo(all, x).narrow(1, at, number).contiguous();
        }
    }

    private PackedMatrix(List<Packed> parts, long inputs, long from, long count) {
        this.parts = parts;
        this.inputs = inputs;
        this.from = from;
        this.count = count;
    }

    /// Whether matrices of this dtype are packed here.
    static boolean suits(DType dtype) {
        return dtype == DType.BF16 && (OneDnnWeights.isThere() || FbgemmWeights.isThere());
    }

    /// Whether this one can be.
    static boolean holds(Tensor tensor) {
        return tensor.scalar_type().intern() == ScalarType.BFloat16
                && tensor.numel() > 0
                && (OneDnnWeights.isThere() || FbgemmWeights.holds(tensor));
    }

    static Matrix of(Tensor tensor) {
        PackedWeights packed = OneDnnWeights.isThere() ? OneDnnWeights.of(tensor) : FbgemmWeights.of(tensor);
        return new PackedMatrix(List.of(new Packed(packed, tensor.size(0))), tensor.size(1), 0, tensor.size(0));
    }

    /// Both whole.
    static Matrix joined(PackedMatrix first, PackedMatrix second) {
        if (first.inputs != second.inputs) {
            throw new IllegalArgumentException(
                    "matrices of " + first.inputs + " and " + second.inputs + " inputs can't be one");
        }
        List<Packed> parts =
                Stream.concat(first.parts.stream(), second.parts.stream()).toList();
        return new PackedMatrix(parts, first.inputs, 0, first.count + second.count);
    }

    /// Bytes that a packed matrix takes.
    static long bytes(long outputs, long inputs) {
        return OneDnnWeights.isThere() ? OneDnnWeights.bytes(outputs, inputs) : FbgemmWeights.bytes(outputs, inputs);
    }

    /// Bytes that packing takes besides what is packed.
    static long bytesMeanwhile(long numbers) {
        return OneDnnWeights.isThere() ? OneDnnWeights.bytesMeanwhile(numbers) : FbgemmWeights.bytesMeanwhile(numbers);
    }

    /// `numbers`, filled up to whole blocks.
    static long whole(long numbers, long block) {
        return Math.ceilDiv(numbers, block) * block;
    }

    @Override
    public long outputs() {
        return count;
    }

    @Override
    public long inputs() {
        return inputs;
    }

    @Override
    public Tensor times(Tensor x) {
        requireNoGradient(x);
        if (x.numel() == 0) {
            return nothing(x);
        }
        Tensor product = product(x);
        return count == outputsOfAll()
                ? product
                : product.narrow(product.dim() - 1, from, count).contiguous();
    }

    /// Rounded once, whatever is cut: what a part of it adds has the bits that the whole adds.
    @Override
    public Tensor addTo(Tensor y, Tensor x) {
        if (y.numel() == 0) {
            return y;
        }
        requireNoGradient(x);
        requireNoGradient(y);
        List<Tensor> sums = new ArrayList<>();
        long first = 0;
        for (Packed part : parts) {
            long start = Math.max(from, first);
            long number = Math.min(from + count, first + part.outputs) - start;
            if (number > 0) {
                Tensor own = number == count ? y : y.narrow(1, start - from, number);
                sums.add(part.sum(own, start - first, x));
            }
            first += part.outputs;
        }
        return sums.size() == 1 ? sums.getFirst() : Tensors.cat(1, sums.toArray(Tensor[]::new));
    }

    private static void requireNoGradient(Tensor x) {
        if (GradMode.is_enabled() && x.requires_grad()) {
            throw new IllegalStateException("gradients do not pass a packed matrix: load the model for training");
        }
    }

    /// Of no rows.
    private Tensor nothing(Tensor x) {
        return Tensors.zeros(x.scalar_type().intern(), Shapes.withLast(x, count));
    }

    private Tensor product(Tensor x) {
        if (parts.size() == 1) {
            return parts.getFirst().weights.times(x);
        }
        return Tensors.cat(-1, parts.stream().map(part -> part.weights.times(x)).toArray(Tensor[]::new));
    }

    private long outputsOfAll() {
        return parts.stream().mapToLong(Packed::outputs).sum();
    }

    /// A part by itself where that is what is asked for; else all outputs are computed, and these are taken.
    @Override
    public Matrix rows(long from, long count) {
        long first = 0;
        for (Packed part : parts) {
            if (this.from + from == first && count == part.outputs) {
                return new PackedMatrix(List.of(part), inputs, 0, count);
            }
            first += part.outputs;
        }
        return new PackedMatrix(parts, inputs, this.from + from, count);
    }

    @Override
    public boolean isCutFreely(long rows) {
        return parts.size() > 1;
    }

    @Override
    public List<Matrix> parts() {
        return parts.size() == 1 || count != outputsOfAll()
                ? List.of(this)
                : parts.stream()
                        .<Matrix>map(part -> new PackedMatrix(List.of(part), inputs, 0, part.outputs))
                        .toList();
    }

    @Override
    public boolean fuses() {
        return parts.size() == 1
                && count == outputsOfAll()
                && parts.getFirst().weights.fuses();
    }

    @Override
    public Tensor silu(Tensor x) {
        if (!fuses()) {
            throw new UnsupportedOperationException("no activation behind this product");
        }
        requireNoGradient(x);
        return x.numel() == 0 ? nothing(x) : parts.getFirst().weights.silu(x);
    }

    @Override
    public boolean learns() {
        return false;
    }

    @Override
    public Tensor tensor() {
        throw new IllegalStateException(
                "the numbers of a packed matrix can't be had again: load the model for training");
    }

    @Override
    public void keepIn(Scope scope) {
        parts.forEach(part -> part.weights.keepIn(scope));
    }

    @Override
    public void release(Scope scope) {
        parts.forEach(part -> part.weights.release(scope));
    }

    @Override
    public long bytes() {
        return parts.stream().mapToLong(part -> bytes(part.outputs, inputs)).sum();
    }

    @Override
    public void close() {
        parts.forEach(part -> part.weights.close());
    }
}
