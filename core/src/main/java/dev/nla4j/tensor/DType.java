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

    /// Bytes of one element.
    public int bytes() {
        return bytes;
    }
}
