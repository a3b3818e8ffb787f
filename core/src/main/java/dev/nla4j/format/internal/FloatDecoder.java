package dev.nla4j.format.internal;

import dev.nla4j.format.StoredType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Turns stored bytes into numbers, piece by piece. One decoder belongs to one thread: it keeps scratch arrays.
final class FloatDecoder {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final StoredType type;
    private final float[] floats;
    private final short[] shorts;

    /// @param capacity most elements of one piece
    FloatDecoder(StoredType type, int capacity) {
        this.type = type;
        this.floats = new float[capacity];
        this.shorts = new short[capacity];
    }

    /// The first `elements` numbers of `stored` as fp32, in an array that the next call overwrites.
    float[] toF32(byte[] stored, int elements) {
        int blocks = elements / type.blockSize();
        switch (type) {
            case F32 -> MemorySegment.copy(MemorySegment.ofArray(stored), FLOAT, 0, floats, 0, elements);
            case F64 -> {
                for (int i = 0; i < elements; i++) {
                    floats[i] = (float) doubleAt(stored, i);
                }
            }
            case F16 -> {
                copyShorts(stored, elements);
                for (int i = 0; i < elements; i++) {
                    floats[i] = Float.float16ToFloat(shorts[i]);
                }
            }
            case BF16 -> {
                copyShorts(stored, elements);
                for (int i = 0; i < elements; i++) {
                    floats[i] = Float.intBitsToFloat(shorts[i] << 16);
                }
            }
            case Q4_0 -> QuantBlocks.q40(stored, blocks, floats);
            case Q4_1 -> QuantBlocks.q41(stored, blocks, floats);
            case Q5_0 -> QuantBlocks.q50(stored, blocks, floats);
            case Q5_1 -> QuantBlocks.q51(stored, blocks, floats);
            case Q8_0 -> QuantBlocks.q80(stored, blocks, floats);
            case Q2_K -> KQuantBlocks.q2k(stored, blocks, floats);
            case Q3_K -> KQuantBlocks.q3k(stored, blocks, floats);
            case Q4_K -> KQuantBlocks.q4k(stored, blocks, floats);
            case Q5_K -> KQuantBlocks.q5k(stored, blocks, floats);
            case Q6_K -> KQuantBlocks.q6k(stored, blocks, floats);
            case IQ4_NL -> TableBlocks.iq4nl(stored, blocks, floats);
            case IQ4_XS -> TableBlocks.iq4xs(stored, blocks, floats);
            case BOOL, U8, I8, U16, I16, U32, I32, U64, I64 ->
                throw new IllegalStateException(type + " has no real numbers");
        }
        return floats;
    }

    /// The first `elements` numbers of `stored` as bf16, each rounded once, in an array that the next call overwrites.
    short[] toBf16(byte[] stored, int elements) {
        switch (type) {
            case BF16 -> copyShorts(stored, elements);
            case F64 -> {
                for (int i = 0; i < elements; i++) {
                    shorts[i] = Bf16.round(Bf16.towardsOdd(doubleAt(stored, i)));
                }
            }
            default -> Bf16.round(toF32(stored, elements), shorts, elements);
        }
        return shorts;
    }

    private void copyShorts(byte[] stored, int elements) {
        MemorySegment.copy(MemorySegment.ofArray(stored), SHORT, 0, shorts, 0, elements);
    }

    private static double doubleAt(byte[] stored, int index) {
        return MemorySegment.ofArray(stored).get(DOUBLE, index * 8L);
    }
}
