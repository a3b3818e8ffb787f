package dev.nla4j.format;

/// How a tensor's numbers lie in its file: plain elements, or blocks of quantised ones (`blockSize` > 1).
///
/// Block layouts: ggml's `ggml-common.h`; element types: the safetensors format.
public enum StoredType {
    BOOL(1, 1),
    U8(1, 1),
    I8(1, 1),
    U16(1, 2),
    I16(1, 2),
    U32(1, 4),
    I32(1, 4),
    U64(1, 8),
    I64(1, 8),
    F16(1, 2),
    BF16(1, 2),
    F32(1, 4),
    F64(1, 8),
    Q4_0(32, 18),
    Q4_1(32, 20),
    Q5_0(32, 22),
    Q5_1(32, 24),
    Q8_0(32, 34),
    Q2_K(256, 84),
    Q3_K(256, 110),
    Q4_K(256, 144),
    Q5_K(256, 176),
    Q6_K(256, 210),
    IQ4_NL(32, 18),
    IQ4_XS(256, 136);

    private final int blockSize;
    private final int blockBytes;

    StoredType(int blockSize, int blockBytes) {
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
    }

    /// Elements in one block; 1 for plain element types.
    public int blockSize() {
        return blockSize;
    }

    /// Bytes of one block (of one element for plain types).
    public int blockBytes() {
        return blockBytes;
    }

    /// Whether the numbers are real-valued and can be read as fp32 or bf16.
    public boolean isFloating() {
        return switch (this) {
            case BOOL, U8, I8, U16, I16, U32, I32, U64, I64 -> false;
            case F16, BF16, F32, F64 -> true;
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS -> true;
        };
    }
}
