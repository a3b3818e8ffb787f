package dev.nla4j.tensor;

import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// A bf16 matrix laid out anew for the library that multiplies it fastest on this processor:
/// [OneDnnWeights] where bf16 is multiplied, [FbgemmWeights] on AVX2. It passes no gradient on.
final class PackedMatrix implements Matrix {
    private final PackedWeights weights; // owned by whoever made this
    private final long outputs; // of all that is packed
    private final long inputs;
    private final long from;
    private final long count;

    private PackedMatrix(PackedWeights weights, long outputs, long inputs, long from, long count) {
        this.weights = weights;
        this.outputs = outputs;
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
        return new PackedMatrix(packed, tensor.size(0), tensor.size(1), 0, tensor.size(0));
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
        if (GradMode.is_enabled() && x.requires_grad()) {
            throw new IllegalStateException("gradients do not pass a packed matrix: load the model for training");
        }
        if (x.numel() == 0) {
            return Tensors.zeros(DType.FP32, Shapes.withLast(x, count)).to(x.scalar_type());
        }
        Tensor product = weights.times(x);
        return count == outputs
                ? product
                : product.narrow(product.dim() - 1, from, count).contiguous();
    }

    /// All outputs are computed, and these are taken.
    @Override
    public Matrix rows(long from, long count) {
        return new PackedMatrix(weights, outputs, inputs, this.from + from, count);
    }

    @Override
    public boolean isCutFreely() {
        return false;
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
        weights.keepIn(scope);
    }

    @Override
    public long bytes() {
        return bytes(outputs, inputs);
    }

    @Override
    public void close() {
        weights.close();
    }
}
