package dev.nla4j.format.internal;

/// ggml's blocks whose 4-bit numbers stand for values of a table, closer to each other around zero ("IQ4").
///
/// The arithmetic is fp32 in ggml's order, so results are bit-equal to its reference's.
final class TableBlocks {
    private static final int PART = 32;
    private static final int HALF = PART / 2;
    private static final int PARTS = 8;
    private static final float[] VALUES = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    private TableBlocks() {}

    /// Scale, 16 bytes of two 4-bit numbers each: low nibbles are the first half of the block.
    static void iq4nl(byte[] in, int blocks, float[] out) {
        for (int b = 0; b < blocks; b++) {
            int at = b * 18;
            part(in, at + 2, QuantBlocks.half(in, at), out, b * PART);
        }
    }

    /// Scale, upper bit pairs of 8 scales, their lower nibbles, nibbles as in [#iq4nl] of 8 parts.
    static void iq4xs(byte[] in, int blocks, float[] out) {
        for (int b = 0; b < blocks; b++) {
            int at = b * 136;
            float d = QuantBlocks.half(in, at);
            for (int part = 0; part < PARTS; part++) {
                int high = (in[at + 2 + part / 4] >>> (part % 4 * 2)) & 3;
                int low = (in[at + 4 + part / 2] >>> (part % 2 * 4)) & 15;
                float scale = d * ((low | high << 4) - 32);
                part(in, at + 8 + part * HALF, scale, out, (b * PARTS + part) * PART);
            }
        }
    }

    private static void part(byte[] in, int nibbles, float scale, float[] out, int o) {
        for (int j = 0; j < HALF; j++) {
            int q = in[nibbles + j];
            out[o + j] = scale * VALUES[q & 15];
            out[o + HALF + j] = scale * VALUES[(q >>> 4) & 15];
        }
    }
}
