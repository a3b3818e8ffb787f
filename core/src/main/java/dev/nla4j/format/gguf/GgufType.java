package dev.nla4j.format.gguf;

import org.jspecify.annotations.Nullable;

/// The types of metadata values.
public enum GgufType {
    U8(0, 1),
    I8(1, 1),
    U16(2, 2),
    I16(3, 2),
    U32(4, 4),
    I32(5, 4),
    F32(6, 4),
    BOOL(7, 1),
    /// A length and that many bytes of UTF-8.
    STRING(8, 8),
    /// An element type, a length and that many elements.
    ARRAY(9, 12),
    U64(10, 8),
    I64(11, 8),
    F64(12, 8);

    private static final GgufType[] ALL = values();

    private final int code;
    private final int leastBytes;

    GgufType(int code, int leastBytes) {
        this.code = code;
        this.leastBytes = leastBytes;
    }

    /// The type of that number, or null.
    static @Nullable GgufType of(int code) {
        for (GgufType type : ALL) {
            if (type.code == code) {
                return type;
            }
        }
        return null;
    }

    /// The number in the file.
    int code() {
        return code;
    }

    /// Bytes of a value in the file; of the empty one for strings and arrays.
    int leastBytes() {
        return leastBytes;
    }

    /// Whether values are whole numbers.
    public boolean isInteger() {
        return switch (this) {
            case U8, I8, U16, I16, U32, I32, U64, I64 -> true;
            case F32, F64, BOOL, STRING, ARRAY -> false;
        };
    }

    /// Whether values are floating-point numbers.
    public boolean isReal() {
        return this == F32 || this == F64;
    }
}
