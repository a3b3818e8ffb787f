package dev.nla4j.format.internal;

/// Rounding to bf16: the upper half of an fp32, nearest, ties to even.
public final class Bf16 {
    private Bf16() {}

    /// Rounds `count` values; NaN stays a (quiet) NaN.
    public static void round(float[] values, short[] out, int count) {
        for (int i = 0; i < count; i++) {
            out[i] = round(values[i]);
        }
    }

    /// Rounds one value.
    public static short round(float value) {
        int bits = Float.floatToRawIntBits(value);
        int nearest = (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
        // adding to a NaN's bits could carry it into infinity or zero
        return (short) (Float.isNaN(value) ? (bits >>> 16) | 0x40 : nearest);
    }

    /// The fp32 that rounds to the same bf16 as `value` itself does: rounding to nearest twice can miss by one, so the
    /// first rounding cuts towards zero and marks what it cut in the last bit.
    public static float towardsOdd(double value) {
        float nearest = (float) value;
        if (nearest == value || Float.isNaN(nearest)) {
            return nearest;
        }
        int bits = Float.floatToRawIntBits(nearest);
        int cut = Math.abs((double) nearest) > Math.abs(value) ? bits - 1 : bits;
        return Float.intBitsToFloat(cut | 1);
    }
}
