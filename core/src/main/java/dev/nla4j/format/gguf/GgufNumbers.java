package dev.nla4j.format.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// An array of numbers or booleans, kept as the file has it: a vocabulary's scores and types take as much memory as
/// disk.
public final class GgufNumbers implements GgufValue {
    private final GgufType elementType;
    private final byte[] bytes;

    /// @param elementType a number type or `BOOL`
    /// @param bytes little endian; taken over, not copied
    GgufNumbers(GgufType elementType, byte[] bytes) {
        boolean plain = elementType != GgufType.STRING && elementType != GgufType.ARRAY;
        if (!plain || bytes.length % elementType.leastBytes() != 0) {
            throw new IllegalArgumentException(
                    "bytes: must hold whole numbers of one type, were " + bytes.length + " bytes of " + elementType);
        }
        this.elementType = elementType;
        this.bytes = bytes;
    }

    @Override
    public GgufType type() {
        return GgufType.ARRAY;
    }

    /// A number type or `BOOL`.
    public GgufType elementType() {
        return elementType;
    }

    /// Number of elements.
    public int size() {
        return bytes.length / elementType.leastBytes();
    }

    /// The element at `index` of an integer array; for `U64` beyond 63 bits the negative number of the same bits.
    public long integer(int index) {
        ByteBuffer buffer = littleEndian(bytes);
        return switch (elementType) {
            case U8 -> buffer.get(index) & 0xff;
            case I8 -> buffer.get(index);
            case U16 -> buffer.getShort(index * 2) & 0xffff;
            case I16 -> buffer.getShort(index * 2);
            case U32 -> buffer.getInt(index * 4) & 0xffff_ffffL;
            case I32 -> buffer.getInt(index * 4);
            case U64, I64 -> buffer.getLong(index * 8);
            case F32, F64, BOOL, STRING, ARRAY -> throw new IllegalStateException("no integers in " + this);
        };
    }

    /// The element at `index` of an array of reals.
    public double real(int index) {
        ByteBuffer buffer = littleEndian(bytes);
        return switch (elementType) {
            case F32 -> buffer.getFloat(index * 4);
            case F64 -> buffer.getDouble(index * 8);
            case U8, I8, U16, I16, U32, I32, U64, I64, BOOL, STRING, ARRAY ->
                throw new IllegalStateException("no reals in " + this);
        };
    }

    /// The element at `index` of an array of booleans.
    public boolean flag(int index) {
        if (elementType != GgufType.BOOL) {
            throw new IllegalStateException("no booleans in " + this);
        }
        return bytes[index] != 0;
    }

    /// The bytes as in the file, read-only.
    ByteBuffer bytes() {
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GgufNumbers that && elementType == that.elementType && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * elementType.hashCode() + Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return size() + " numbers of type " + elementType;
    }
}
