package dev.nla4j.tensor;

import java.util.Set;
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

    /// The faster of the two on this processor: bf16 where it has units for it, else fp32.
    public static DType preferred() {
        return preferred(Threads.multipliesBf16(), MachineProbe.flags());
    }

    /// AVX-512 alone multiplies bf16 by widening it first, which takes longer than fp32.
    ///
    /// @param multiplied whether the library multiplies bf16 as bf16
    /// @param flags of the processor; empty where the system does not say
    static DType preferred(boolean multiplied, Set<String> flags) {
        boolean units = flags.isEmpty() || flags.contains("avx512_bf16") || flags.contains("amx_bf16");
        return multiplied && units ? BF16 : FP32;
    }

    /// Bytes of one element.
    public int bytes() {
        return bytes;
    }
}
