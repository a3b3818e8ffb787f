package dev.nla4j.format.internal;

import dev.nla4j.format.StoredType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/// Turns fp32 into the bytes of a stored type, piece by piece.
public final class FloatEncoder {
    /// A multiple of every block size.
    private static final int PIECE = 1 << 15;
    private static final int Q8_BLOCK = 32;
    /// The largest finite fp16.
    private static final float LARGEST_SCALE = 65504;

    private final StoredType type;
    private final Encoding encoding;

    private FloatEncoder(StoredType type, Encoding encoding) {
        this.type = type;
        this.encoding = encoding;
    }

    @FunctionalInterface
    private interface Encoding {
        void encode(float[] values, int count, ByteBuffer out);
    }

    /// An encoder to `type`.
    ///
    /// @throws IllegalArgumentException for types that can't be written from fp32
    public static FloatEncoder to(StoredType type) {
        return switch (type) {
            case F32 -> new FloatEncoder(type, FloatEncoder::f32);
            case F16 -> new FloatEncoder(type, FloatEncoder::f16);
            case BF16 -> new FloatEncoder(type, FloatEncoder::bf16);
            case Q8_0 -> new FloatEncoder(type, FloatEncoder::q80);
            case BOOL,
                    U8,
                    I8,
                    U16,
                    I16,
                    U32,
                    I32,
                    U64,
                    I64,
                    F64,
                    Q4_0,
                    Q4_1,
                    Q5_0,
                    Q5_1,
                    Q2_K,
                    Q3_K,
                    Q4_K,
                    Q5_K,
                    Q6_K,
                    IQ4_NL,
                    IQ4_XS -> throw new IllegalArgumentException("type: must be F32, F16, BF16 or Q8_0, was " + type);
        };
    }

    /// Writes all of `values` (fp32, native byte order).
    ///
    /// @param name of the tensor, for messages
    public void write(String name, MemorySegment values, WritableByteChannel out) throws IOException {
        long elements = values.byteSize() / Float.BYTES;
        float[] piece = new float[(int) Math.min(PIECE, elements)];
        ByteBuffer bytes = ByteBuffer.allocate(piece.length / type.blockSize() * type.blockBytes())
                .order(ByteOrder.LITTLE_ENDIAN);
        for (long at = 0; at < elements; at += PIECE) {
            int count = (int) Math.min(PIECE, elements - at);
            MemorySegment.copy(values, ValueLayout.JAVA_FLOAT_UNALIGNED, at * Float.BYTES, piece, 0, count);
            bytes.clear();
            try {
                encoding.encode(piece, count, bytes);
            } catch (ArithmeticException e) {
                throw new IllegalArgumentException("tensor " + name + ": " + e.getMessage(), e);
            }
            out.write(bytes.flip());
        }
    }

    private static void f32(float[] values, int count, ByteBuffer out) {
        out.asFloatBuffer().put(values, 0, count);
        out.position(count * Float.BYTES);
    }

    private static void f16(float[] values, int count, ByteBuffer out) {
        for (int i = 0; i < count; i++) {
            out.putShort(Float.floatToFloat16(values[i]));
        }
    }

    private static void bf16(float[] values, int count, ByteBuffer out) {
        for (int i = 0; i < count; i++) {
            out.putShort(Bf16.round(values[i]));
        }
    }

    /// As ggml's reference quantiser: the scale is the largest magnitude over 127, kept as fp16; the
    /// numbers are divided by the unrounded scale.
    private static void q80(float[] values, int count, ByteBuffer out) {
        for (int block = 0; block < count; block += Q8_BLOCK) {
            float largest = 0;
            for (int i = block; i < block + Q8_BLOCK; i++) {
                largest = Math.max(largest, Math.abs(values[i]));
            }
            float scale = largest / 127;
            if (!(scale <= LARGEST_SCALE)) {
                throw new ArithmeticException(
                        "Q8_0 holds finite numbers up to " + LARGEST_SCALE * 127 + ", not " + largest);
            }
            float inverse = scale == 0 ? 0 : 1 / scale;
            out.putShort(Float.floatToFloat16(scale));
            for (int i = block; i < block + Q8_BLOCK; i++) {
                out.put((byte) roundHalfAway(values[i] * inverse));
            }
        }
    }

    /// C's `roundf`; `Math.round` takes -0.5 to 0.
    private static int roundHalfAway(float value) {
        int whole = (int) value;
        float rest = value - whole;
        return Math.abs(rest) >= 0.5f ? whole + (value < 0 ? -1 : 1) : whole;
    }
}
