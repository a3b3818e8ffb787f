package dev.nla4j.model;

import dev.nla4j.format.TensorSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The rotary embeddings that a GGUF's header and its factor tensors name.
///
/// Keys: llama.cpp's `gguf-py/gguf/constants.py`; meaning of those that a header leaves out: `src/llama-model.cpp`.
final class GgufRope {
    private static final double USUAL_THETA = 10_000;
    private static final double GEMMA3_THETA = 1_000_000;
    /// By how much Gemma 3 stretches positions from 4B on.
    private static final double GEMMA3_FACTOR = 8;
    private static final Set<Integer> GEMMA3_STRETCHED = Set.of(34, 48, 62);
    /// Two factors are the same: configurations give four digits.
    private static final double SAME = 1e-3;
    private static final String DIVISORS = "rope_freqs.weight";
    private static final String LONG = "rope_factors_long.weight";
    private static final String SHORT = "rope_factors_short.weight";

    private final GgufKeys keys;
    private final TensorSource tensors;
    private final Family family;
    private final int rotary;
    private final int contextLength;

    GgufRope(GgufKeys keys, TensorSource tensors, Family family, int headWidth, int contextLength) {
        this.keys = keys;
        this.tensors = tensors;
        this.family = family;
        this.rotary = keys.integer("rope.dimension_count", headWidth);
        this.contextLength = contextLength;
        if (rotary != headWidth && family != Family.PHI3) {
            throw keys.wrong(
                    "rope.dimension_count",
                    "is " + rotary + ", heads are " + headWidth + " wide: models of this family turn whole heads");
        }
    }

    /// Of layers that see everything.
    Rope full() {
        // Ollama's own files of Gemma 3 call the two bases global and local.
        double usual = family == Family.GEMMA3 ? keys.number("rope.global.freq_base", GEMMA3_THETA) : USUAL_THETA;
        return new Rope(keys.number("rope.freq_base", usual), rotary, scaling());
    }

    /// Of layers with a window; only Gemma 3 gives them a base of their own, and leaves them unscaled.
    Rope sliding() {
        if (family != Family.GEMMA3) {
            return full();
        }
        double usual = keys.number("rope.local.freq_base", USUAL_THETA);
        return new Rope(keys.number("rope.freq_base_swa", usual), rotary, new RopeScaling.None());
    }

    private RopeScaling scaling() {
        if (tensors.names().contains(DIVISORS)) {
            return new RopeScaling.Divisors(factors(DIVISORS));
        }
        if (tensors.names().contains(LONG)) {
            return new RopeScaling.LongRope(
                    factors(SHORT),
                    factors(LONG),
                    keys.integer("rope.scaling.original_context_length", contextLength),
                    keys.number("rope.scaling.attn_factor", 1));
        }
        // The older of the two keys for a linear factor has no type beside it; llama.cpp takes both as linear.
        double factor = keys.number("rope.scaling.factor", keys.number("rope.scale_linear", 0));
        String kind = keys.text("rope.scaling.type", factor == 0 ? "none" : "linear");
        if (factor == 0 && !keys.has("rope.scaling.type") && keys.isOllamaGemma3()) {
            // Ollama's converter never writes it; Ollama knows the sizes.
            return GEMMA3_STRETCHED.contains(keys.integer("block_count"))
                    ? new RopeScaling.Linear(GEMMA3_FACTOR)
                    : new RopeScaling.None();
        }
        return switch (kind) {
            case "none" -> new RopeScaling.None();
            case "linear" -> factor == 0 ? new RopeScaling.None() : new RopeScaling.Linear(factor);
            case "yarn" -> yarn(factor);
            case "longrope" ->
                throw keys.wrong(
                        "rope.scaling.type", "is longrope, and the tensors " + LONG + " and " + SHORT + " are missing");
            default ->
                throw keys.wrong("rope.scaling.type", "\"" + kind + "\" is not one of none, linear, yarn, longrope");
        };
    }

    private RopeScaling yarn(double factor) {
        if (factor == 0) {
            throw keys.wrong("rope.scaling.factor", "is missing, and rope.scaling.type is yarn");
        }
        double usual = factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
        double said = keys.number("rope.scaling.yarn_attn_factor", usual);
        // Configurations made for another program (DeepSeek-R1-0528-Qwen3-8B) have the inverse of the usual factor
        // there, because that program multiplies by the usual one; llama.cpp and transformers end up with the usual.
        boolean inverse = Math.abs(said * usual - 1) < SAME;
        double attention = keys.number("rope.scaling.attn_factor", 1) * (inverse ? usual : said);
        return new RopeScaling.Yarn(
                factor,
                keys.integer("rope.scaling.original_context_length", contextLength),
                attention,
                beta("fast", 32),
                beta("slow", 1),
                true,
                rotary);
    }

    /// Ollama's converter leaves `yarn` out of the name.
    private double beta(String which, double usual) {
        double ofOllama = keys.number("rope.scaling.beta_" + which, usual);
        return keys.number("rope.scaling.yarn_beta_" + which, ofOllama);
    }

    private List<Float> factors(String name) {
        List<Long> shape = tensors.tensor(name).shape();
        if (!shape.equals(List.of(rotary / 2L))) {
            throw keys.wrong(
                    "rope.dimension_count", name + " must have " + rotary / 2 + " numbers, has shape " + shape);
        }
        List<Float> factors = new ArrayList<>();
        tensors.scanF32(name, (values, count) -> {
            for (int i = 0; i < count; i++) {
                factors.add(values[i]);
            }
        });
        return factors;
    }
}
