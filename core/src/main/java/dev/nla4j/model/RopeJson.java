package dev.nla4j.model;

import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// The rotary embeddings that a `config.json` names, in its old spelling (`rope_theta`, `rope_scaling`,
/// `rope_local_base_freq`) and its new one (`rope_parameters`, for some families one object a kind of layer).
///
/// Field names and defaults: transformers' `modeling_rope_utils.py`.
final class RopeJson {
    private static final double LOCAL_THETA = 10_000;
    private static final int PHI3_CONTEXT = 4096;
    private static final String ORIGINAL = "original_max_position_embeddings";

    private final Fields fields;
    private final Family family;
    private final FamilyDefaults defaults;
    private final int headWidth;
    private final int contextLength;

    RopeJson(Fields fields, Family family, FamilyDefaults defaults, int headWidth, int contextLength) {
        this.fields = fields;
        this.family = family;
        this.defaults = defaults;
        this.headWidth = headWidth;
        this.contextLength = contextLength;
    }

    /// Of layers that see everything.
    Rope full() {
        return rope("full_attention");
    }

    /// Of layers with a window; only Gemma 3 gives them a base of their own, and leaves them unscaled.
    Rope sliding() {
        return rope("sliding_attention");
    }

    private Rope rope(String kind) {
        boolean local = family == Family.GEMMA3 && kind.equals("sliding_attention");
        double silent = local
                ? fields.number("rope_local_base_freq", LOCAL_THETA)
                : fields.number("rope_theta", defaults.theta());
        Optional<Fields> parameters = fields.object("rope_parameters");
        // Numbers that name no kind of layer are none of Gemma 3's.
        Optional<Fields> named = parameters
                .flatMap(all -> all.object(kind))
                .or(() -> family == Family.GEMMA3 ? Optional.empty() : parameters);
        // Where a file has both spellings, transformers goes by the old one, and by nothing of the new one.
        Optional<Fields> old = local
                ? Optional.empty()
                : fields.object("rope_scaling").filter(given -> !given.node().isEmpty());
        Optional<Fields> of = old.map(given -> family == Family.GEMMA3 ? laidOver(named, given) : given)
                .or(() -> named);
        return rope(of.map(numbers -> numbers.number("rope_theta", silent)).orElse(silent), of);
    }

    /// Gemma 3's class lays the old spelling over the new one, which says `default` where a file has none:
    /// a kind under its older name `type` doesn't count beside that.
    private static Fields laidOver(Optional<Fields> recent, Fields old) {
        ObjectNode all = Json.mapper().createObjectNode();
        recent.ifPresentOrElse(
                numbers -> numbers.node().properties().forEach(n -> all.set(n.getKey(), n.getValue())),
                () -> all.put("rope_type", "default"));
        old.node().properties().forEach(n -> all.set(n.getKey(), n.getValue()));
        return new Fields(old.file(), old.path(), all);
    }

    private Rope rope(double theta, Optional<Fields> scaling) {
        int width = (int) (headWidth * turnedShare(scaling));
        return new Rope(theta, width, scaling.map(s -> scaling(s, width)).orElse(new RopeScaling.None()));
    }

    /// Other classes than Phi-3's turn whole heads, whatever a file says.
    private double turnedShare(Optional<Fields> scaling) {
        if (family != Family.PHI3) {
            return 1;
        }
        double top = fields.number("partial_rotary_factor", 1);
        return scaling.map(s -> s.number("partial_rotary_factor", top)).orElse(top);
    }

    private RopeScaling scaling(Fields s, int width) {
        String named = s.text("rope_type").or(() -> s.text("type")).orElse("default");
        // Phi-3's first configurations call longrope so.
        boolean oldName = named.equals("su") || (family == Family.PHI3 && named.equals("yarn"));
        String kind = oldName ? "longrope" : named;
        return switch (kind) {
            case "default" -> new RopeScaling.None();
            case "linear" -> new RopeScaling.Linear(s.number("factor"));
            case "dynamic" -> new RopeScaling.Dynamic(s.number("factor"), contextLength, width);
            case "llama3" ->
                new RopeScaling.Llama3(
                        s.number("factor"), s.number("low_freq_factor"), s.number("high_freq_factor"), original(s));
            case "yarn" -> yarn(s, width);
            case "longrope" -> longRope(s);
            default ->
                throw s.wrong(
                        "rope_type", "\"" + kind + "\" is not one of default, linear, dynamic, llama3, yarn, longrope");
        };
    }

    private RopeScaling yarn(Fields s, int width) {
        int original = original(s);
        double factor = s.number("factor", contextLength / (double) original);
        double allDims = s.number("mscale_all_dim", 0);
        double scale = s.number("mscale", 0);
        double attention = s.number(
                "attention_factor",
                scale != 0 && allDims != 0
                        ? magnitude(factor, scale) / magnitude(factor, allDims)
                        : magnitude(factor, 1));
        return new RopeScaling.Yarn(
                factor,
                original,
                attention,
                s.number("beta_fast", 32),
                s.number("beta_slow", 1),
                s.bool("truncate", true),
                width);
    }

    private static double magnitude(double factor, double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    private RopeScaling longRope(Fields s) {
        int original = original(s);
        double factor = s.number("factor", contextLength / (double) original);
        double attention = s.number("attention_factor", longRopeAttention(factor, original));
        return new RopeScaling.LongRope(factors(s, "short_factor"), factors(s, "long_factor"), original, attention);
    }

    /// The factor on cos and sin of a longrope that says none.
    ///
    /// @param factor by which the context is stretched
    static double longRopeAttention(double factor, int original) {
        return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    }

    private static List<Float> factors(Fields s, String name) {
        return s.numbers(name).orElseThrow(() -> s.wrong(name, "is missing"));
    }

    /// The context before stretching: at the top, else beside the other rope numbers. Phi-3's class has a
    /// default for the top, and Gemma 3's doesn't look there.
    private int original(Fields s) {
        int own = (int) s.integer(ORIGINAL, contextLength, 1, Integer.MAX_VALUE);
        return family == Family.GEMMA3
                ? own
                : (int) fields.integer(ORIGINAL, family == Family.PHI3 ? PHI3_CONTEXT : own, 1, Integer.MAX_VALUE);
    }
}
