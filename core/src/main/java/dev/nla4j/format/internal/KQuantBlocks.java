package dev.nla4j.format.internal;

/// ggml's super-blocks of 256 ("K-quants"): an fp16 scale of the block times small integer scales of its parts.
///
/// The arithmetic is fp32 in ggml's order, so results are bit-equal to its reference's.
final class KQuantBlocks {
    private static final int SIZE = 256;
    private static final int PART = 32;
    private static final int SIXTEENS = SIZE / 16;
    private static final int SCALES = 12;

    private KQuantBlocks() {}

    /// 16 bytes of a scale (low nibble) and a minimum, 64 bytes of bit pairs, scale, scale of minimums.
    static void q2k(byte[] in, int blocks, float[] out) {
        for (int b = 0; b < blocks; b++) {
            int at = b * 84;
            float d = QuantBlocks.half(in, at + 80);
            float dmin = QuantBlocks.half(in, at + 82);
            for (int sixteen = 0; sixteen < SIXTEENS; sixteen++) {
                int scales = in[at + sixteen];
                float scale = d * (scales & 15);
                float min = dmin * ((scales >>> 4) & 15);
                int pairs = pairs(at + 16, sixteen);
                int shift = shift(sixteen);
                int o = b * SIZE + sixteen * 16;
                for (int j = 0; j < 16; j++) {
                    out[o + j] = scale * ((in[pairs + j] >>> shift) & 3) - min;
                }
            }
        }
    }

    /// 32 bytes of third bits (bit `part` of byte `j`; a clear one takes four away), 64 bytes of bit pairs as in
    /// [#q2k], 16 packed scales, scale of the block.
    static void q3k(byte[] in, int blocks, float[] out) {
        for (int b = 0; b < blocks; b++) {
            int at = b * 110;
            float d = QuantBlocks.half(in, at + 108);
            for (int sixteen = 0; sixteen < SIXTEENS; sixteen++) {
                float scale = d * (packed(in, at + 96, sixteen) - 32);
                int pairs = pairs(at + 32, sixteen);
                int shift = shift(sixteen);
                int third = at + sixteen % 2 * 16;
                int part = sixteen / 2;
                int o = b * SIZE + sixteen * 16;
                for (int j = 0; j < 16; j++) {
                    int offset = ((in[third + j] >>> part) & 1) == 0 ? 4 : 0;
                    out[o + j] = scale * (((in[pairs + j] >>> shift) & 3) - offset);
                }
            }
        }
    }

    /// Where the bit pairs of 16 numbers lie: each half of the block has 32 bytes, which hold four times 32 numbers.
    private static int pairs(int at, int sixteen) {
        return at + sixteen / 8 * PART + sixteen % 2 * 16;
    }

    private static int shift(int sixteen) {
        return sixteen % 8 / 2 * 2;
    }

    /// Six bits of Q3_K: nibbles in bytes 0 to 7, first all low ones; above them bit pairs of bytes 8 to 11.
    private static int packed(byte[] in, int at, int sixteen) {
        int low = (in[at + sixteen % 8] >>> (sixteen / 8 * 4)) & 15;
        int high = (in[at + 8 + sixteen % 4] >>> (sixteen / 4 * 2)) & 3;
        return low | high << 4;
    }

    /// Scale, scale of minimums, 8 packed (scale, minimum) pairs, 128 bytes of nibbles.
    static void q4k(byte[] in, int blocks, float[] out) {
        for (int b = 0; b < blocks; b++) {
            int at = b * 144;
            float d = QuantBlocks.half(in, at);
            float dmin = QuantBlocks.half(in, at + 2);
            for (int part = 0; part < 8; part++) {
                float scale = d * scale(in, at + 4, part);
                float min = dmin * minimum(in, at + 4, part);
                int nibbles = at + 4 + SCALES + part / 2 * PART;
                int shift = part % 2 * 4;
                int o = b * SIZE + part * PART;
                for (int j = 0; j < PART; j++) {
                    out[o + j] = scale * ((in[nibbles + j] >>> shift) & 15) - min;
                }
            }
        }
    }

    /// As [#q4k], with 32 bytes between that hold the fifth bits: bit `part` of byte `j`.
    static void q5k(byte[] in, int blocks, float[] out) {
        for (int b = 0; b < blocks; b++) {
            int at = b * 176;
            float d = QuantBlocks.half(in, at);
            float dmin = QuantBlocks.half(in, at + 2);
            int fifth = at + 4 + SCALES;
            for (int part = 0; part < 8; part++) {
                float scale = d * scale(in, at + 4, part);
                float min = dmin * minimum(in, at + 4, part);
                int nibbles = fifth + PART + part / 2 * PART;
                int shift = part % 2 * 4;
                int o = b * SIZE + part * PART;
                for (int j = 0; j < PART; j++) {
                    int q = ((in[nibbles + j] >>> shift) & 15) | ((in[fifth + j] >>> part) & 1) << 4;
                    out[o + j] = scale * q - min;
                }
            }
        }
    }

    /// 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales, scale of the block.
    static void q6k(byte[] in, int blocks, float[] out) {
        for (int b = 0; b < blocks; b++) {
            int at = b * 210;
            int scales = at + 192;
            float d = QuantBlocks.half(in, at + 208);
            for (int part = 0; part < 8; part++) {
                // each half of the block has 64 bytes of nibbles (twice 32) and 32 bytes of pairs (four times 2 bits)
                int low = at + part / 4 * 64 + part % 2 * PART;
                int high = at + 128 + part / 4 * PART;
                int lowShift = part % 4 / 2 * 4;
                int highShift = part % 4 * 2;
                int o = b * SIZE + part * PART;
                for (int sixteen = 0; sixteen < PART; sixteen += 16) {
                    float scale = d * in[scales + part * 2 + sixteen / 16];
                    for (int j = sixteen; j < sixteen + 16; j++) {
                        int q = ((in[low + j] >>> lowShift) & 15) | ((in[high + j] >>> highShift) & 3) << 4;
                        out[o + j] = scale * (q - 32);
                    }
                }
            }
        }
    }

    /// Six bits: the first four scales lie in bytes 0 to 3; the others are split, upper two bits above those of 0 to 3.
    private static int scale(byte[] in, int at, int part) {
        return part < 4 ? in[at + part] & 63 : (in[at + 4 + part] & 15) | ((in[at + part - 4] >>> 6) & 3) << 4;
    }

    /// As [#scale], from bytes 4 to 7 and the upper nibbles of 8 to 11.
    private static int minimum(byte[] in, int at, int part) {
        return part < 4 ? in[at + 4 + part] & 63 : ((in[at + 4 + part] >>> 4) & 15) | ((in[at + part] >>> 6) & 3) << 4;
    }
}
