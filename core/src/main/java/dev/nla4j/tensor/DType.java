package dev.nla4j.tensor;

import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// The dtype of weights and matrix products. Norms, softmax, the residual stream and scores are fp32 in both.
public enum DType {
    FP32(ScalarType.Float, 4),
    BF16(ScalarType.BFloat16, 2);

    private final ScalarType scalarType;
    private final int bytes;

    DType(ScalarType scalarType, int bytes) {
        this.scalarType = scalarType;
        this.bytes = bytes;
    }

    /// libtorch's name for it.
    public torch.ScalarType scalarType() {
        return scalarType;
    }

    /// The type in which products with weights of this dtype are computed. bf16 is multiplied as bf16 where the
    /// processor can (AVX-512 or wider). Elsewhere the library would emulate every product at a tenth of fp32's
    /// speed: there weights take bf16's memory and everything else is fp32, see [Matrix].
    public torch.ScalarType arithmetic() {
        return this == BF16 && !Threads.multipliesBf16() ? ScalarType.Float : scalarType;
    }

    /// The faster of the two on this processor: bf16 where it is native, else fp32.
    public static DType preferred() {
        return Threads.multipliesBf16() ? BF16 : FP32;
    }

    /// Bytes of one element.
    public int bytes() {
        return bytes;
    }
}
