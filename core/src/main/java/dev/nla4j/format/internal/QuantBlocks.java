package dev.nla4j.format.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// ggml's blocks of 32: one fp16 scale (and, in the `_1` kinds, one fp16 minimum) for 32 small integers.
///
/// The arithmetic is fp32 in ggml's order (multiply, then add), so results are bit-equal to its reference's.
final class QuantBlocks {
    private static final int SIZE = 32;
    private static final int HALF = SIZE / 2;
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private QuantBlocks() {}

    /// The fp16 at `at`.
    static float half(byte[] in, int at) {
        return Float.float16ToFloat((short) SHORT.get(in, at));
    }

    /// Scale, 16 bytes of two 4-bit numbers each: low nibbles are the first half of the block.
    static void q40(byte[] in, int blocks, float[] out) {
        for (int b = 0; b < blocks; b++) {
            int at = b * 18;
            int o = b * SIZE;
            float d = half(in, at);
            for (int j = 0; j < HALF; j++) {
                int q = in[at + 2 + j];
                out[o + j] = d * ((q & 15) - 8);
                out[o + HALF + j] = d * (((q >>> 4) & 15) - 8);
            }
        }
    }

    /// Scale, minimum, nibbles as in [#q40].
    static void q41(byte[] in, int blocks, float[] out) {
        for (int b = 0; b < blocks; b++) {
            int at = b * 20;
            int o = b * SIZE;
            float d = half(in, at);
            float m = half(in, at + 2);
            for (int j = 0; j < HALF; j++) {
                int q = in[at + 4 + j];
                out[o + j] = d * (q & 15) + m;
                out[o + HALF + j] = d * ((q >>> 4) & 15) + m;
            }
        }
    }

    /// Scale, 32 fifth bits, nibbles as in [#q40].
    static void q50(byte[] in, int blocks, float[] out) {
        for (int b = 0; b < blocks; b++) {
            int at = b * 22;
            int o = b * SIZE;
            float d = half(in, at);
            int fifth = (int) INT.get(in, at + 2);
            for (int j = 0; j < HALF; j++) {
                int q = in[at + 6 + j];
                out[o + j] = d * (((q & 15) | ((fifth >>> j) & 1) << 4) - 16);
                out[o + HALF + j] = d * ((((q >>> 4) & 15) | ((fifth >>> (j + HALF)) & 1) << 4) - 16);
            }
        }
    }

    /// Scale, minimum, 32 fifth bits, nibbles as in [#q40].
    static void q51(byte[] in, int blocks, float[] out) {
        for (int b = 0; b < blocks; b++) {
            int at = b * 24;
            int o = b * SIZE;
            float d = half(in, at);
            float m = half(in, at + 2);
            int fifth = (int) INT.get(in, at + 4);
            for (int j = 0; j < HALF; j++) {
                int q = in[at + 8 + j];
                out[o + j] = d * ((q & 15) | ((fifth >>> j) & 1) << 4) + m;
                out[o + HALF + j] = d * (((q >>> 4) & 15) | ((fifth >>> (j + HALF)) & 1) << 4) + m;
            }
        }
    }

    /// Scale, 32 signed bytes.
    static void q80(byte[] in, int blocks, float[] out) {
        for (int b = 0; b < blocks; b++) {
            int at = b * 34;
            int o = b * SIZE;
            float d = half(in, at);
            for (int j = 0; j < SIZE; j++) {
                out[o + j] = in[at + 2 + j] * d;
            }
        }
    }
}
