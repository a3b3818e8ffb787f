package dev.nla4j.model;

import java.util.List;

/// How rotary embeddings are stretched beyond the context a model was first trained with.
///
/// Formulas: transformers' `modeling_rope_utils.py`, one function per kind.
public sealed interface RopeScaling {
    /// Frequency of each pair for a sequence of `length` tokens, given the unscaled frequencies.
    double[] frequencies(double[] plain, double theta, int length);

    /// Factor on cos and sin, 1 where the kind has none.
    default double attentionFactor() {
        return 1;
    }

    /// Sequences of one class turn alike: [#frequencies] gives the same for them. Never falls as the length grows.
    default int lengthClass(int length) {
        return 0;
    }

    /// No scaling.
    record None() implements RopeScaling {
        @Override
        public double[] frequencies(double[] plain, double theta, int length) {
            return plain;
        }
    }

    /// Positions divided by `factor`.
    record Linear(double factor) implements RopeScaling {
        public Linear {
            requirePositive("factor", factor);
        }

        @Override
        public double[] frequencies(double[] plain, double theta, int length) {
            double[] scaled = new double[plain.length];
            for (int i = 0; i < plain.length; i++) {
                scaled[i] = plain[i] / factor;
            }
            return scaled;
        }
    }

    /// Each frequency divided by a factor of its own, as GGUF stores Llama 3's (`rope_freqs.weight`).
    record Divisors(List<Float> divisors) implements RopeScaling {
        public Divisors {
            divisors = List.copyOf(divisors);
            divisors.forEach(d -> requirePositive("rope_freqs", d));
        }

        @Override
        public double[] frequencies(double[] plain, double theta, int length) {
            return divided(plain, divisors);
        }
    }

    /// Llama 3.1: low frequencies divided by `factor`, high ones kept, a smooth passage between.
    record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalContext)
            implements RopeScaling {
        public Llama3 {
            requirePositive("factor", factor);
            requirePositive("low_freq_factor", lowFrequencyFactor);
            requirePositive("original_max_position_embeddings", originalContext);
            if (highFrequencyFactor <= lowFrequencyFactor) {
                throw new IllegalArgumentException("high_freq_factor: must be above low_freq_factor "
                        + lowFrequencyFactor + ", was " + highFrequencyFactor);
            }
        }

        @Override
        public double[] frequencies(double[] plain, double theta, int length) {
            double[] scaled = new double[plain.length];
            for (int i = 0; i < plain.length; i++) {
                double turns = originalContext * plain[i] / (2 * Math.PI);
                double kept = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
                double share = Math.clamp(kept, 0, 1);
                scaled[i] = (1 - share) * plain[i] / factor + share * plain[i];
            }
            return scaled;
        }
    }

    /// NTK-aware scaling whose base grows with the length beyond the original context.
    record Dynamic(double factor, int originalContext, int rotaryWidth) implements RopeScaling {
        public Dynamic {
            requirePositive("factor", factor);
            requirePositive("max_position_embeddings", originalContext);
        }

        @Override
        public double[] frequencies(double[] plain, double theta, int length) {
            double longest = Math.max(length, originalContext);
            double base = theta
                    * Math.pow(
                            factor * longest / originalContext - (factor - 1),
                            rotaryWidth / (double) (rotaryWidth - 2));
            return Rope.plainFrequencies(base, plain.length);
        }

        @Override
        public int lengthClass(int length) {
            return Math.max(length, originalContext);
        }
    }

    /// YaRN (Peng et al. 2023): interpolation for slow pairs, extrapolation for fast ones, a ramp between.
    record Yarn(
            double factor,
            int originalContext,
            double attentionFactor,
            double betaFast,
            double betaSlow,
            boolean truncate,
            int rotaryWidth)
            implements RopeScaling {
        public Yarn {
            requirePositive("factor", factor);
            requirePositive("original_max_position_embeddings", originalContext);
            requirePositive("attention_factor", attentionFactor);
            if (betaFast < betaSlow || !(betaSlow > 0)) {
                throw new IllegalArgumentException(
                        "beta_fast: must be at least beta_slow " + betaSlow + " > 0, was " + betaFast);
            }
        }

        @Override
        public double[] frequencies(double[] plain, double theta, int length) {
            double low = pairThatTurns(betaFast, theta);
            double high = pairThatTurns(betaSlow, theta);
            if (truncate) {
                low = Math.floor(low);
                high = Math.ceil(high);
            }
            low = Math.max(low, 0);
            high = Math.min(high, rotaryWidth - 1.0);
            if (low == high) {
                high += 0.001;
            }
            double[] scaled = new double[plain.length];
            for (int i = 0; i < plain.length; i++) {
                double ramp = Math.clamp((i - low) / (high - low), 0, 1);
                scaled[i] = plain[i] / factor * ramp + plain[i] * (1 - ramp);
            }
            return scaled;
        }

        /// The pair that makes `turns` rotations within the original context.
        private double pairThatTurns(double turns, double theta) {
            return rotaryWidth * Math.log(originalContext / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
        }
    }

    /// Phi-3's: a divisor for each pair, one list for texts within the original context and one for longer ones.
    record LongRope(List<Float> shortFactors, List<Float> longFactors, int originalContext, double attentionFactor)
            implements RopeScaling {
        public LongRope {
            shortFactors = List.copyOf(shortFactors);
            longFactors = List.copyOf(longFactors);
            shortFactors.forEach(f -> requirePositive("short_factor", f));
            longFactors.forEach(f -> requirePositive("long_factor", f));
            requirePositive("original_max_position_embeddings", originalContext);
            requirePositive("attention_factor", attentionFactor);
        }

        @Override
        public double[] frequencies(double[] plain, double theta, int length) {
            return divided(plain, length > originalContext ? longFactors : shortFactors);
        }

        @Override
        public int lengthClass(int length) {
            return length > originalContext ? 1 : 0;
        }
    }

    /// Another scaling whose frequencies are then rounded to bf16: what casting a whole model to bf16
    /// (`model.bfloat16()`) does to them in other implementations. Only for comparing with results made that way.
    record RoundedToBf16(RopeScaling exact) implements RopeScaling {
        @Override
        public double[] frequencies(double[] plain, double theta, int length) {
            double[] rounded = exact.frequencies(plain, theta, length).clone();
            for (int i = 0; i < rounded.length; i++) {
                int bits = Float.floatToRawIntBits((float) rounded[i]);
                int nearest = bits + 0x7FFF + ((bits >>> 16) & 1);
                rounded[i] = Float.intBitsToFloat(nearest & 0xFFFF0000);
            }
            return rounded;
        }

        @Override
        public double attentionFactor() {
            return exact.attentionFactor();
        }

        @Override
        public int lengthClass(int length) {
            return exact.lengthClass(length);
        }
    }

    private static double[] divided(double[] plain, List<Float> divisors) {
        if (divisors.size() != plain.length) {
            throw new IllegalArgumentException(
                    "rope factors: must be " + plain.length + " (half the rotary width), were " + divisors.size());
        }
        double[] scaled = new double[plain.length];
        for (int i = 0; i < plain.length; i++) {
            scaled[i] = plain[i] / divisors.get(i);
        }
        return scaled;
    }

    private static void requirePositive(String name, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(name + ": must be positive, was " + value);
        }
    }
}
