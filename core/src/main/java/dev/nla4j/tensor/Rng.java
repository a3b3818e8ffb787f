package dev.nla4j.tensor;

/// Uniform numbers that depend on nothing but their coordinates: the same (seed, request, position) gives
/// the same number in any batch, on any thread, in any order. A counter-based generator after SplitMix64
/// (Steele, Lea, Flood 2014).
public final class Rng {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
    private static final double TWO_TO_MINUS_53 = 0x1.0p-53;

    private Rng() {}

    /// A number in [0, 1) with 53 random bits.
    public static double uniform(long seed, long request, long position) {
        return (bits(seed, request, position) >>> 11) * TWO_TO_MINUS_53;
    }

    /// 64 random bits.
    public static long bits(long seed, long request, long position) {
        return mix(mix(mix(seed + GOLDEN_GAMMA) + request + GOLDEN_GAMMA) + position + GOLDEN_GAMMA);
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
