package dev.nla4j.model;

import java.util.Locale;

/// A configuration on one line, for comparing with what is known of a released model.
final class Summary {
    private Summary() {}

    static String of(ModelConfig config) {
        ModelConfig.Heads heads = config.heads();
        ModelConfig.Layer first = config.layers().getFirst();
        long windowed =
                config.layers().stream().filter(layer -> layer.window() > 0).count();
        Rope full = config.layers().stream()
                .filter(layer -> layer.window() == 0)
                .findFirst()
                .orElse(first)
                .rope();
        return String.format(
                Locale.ROOT,
                "%s V=%d D=%d F=%d L=%d H=%d/%d d=%d 1/scale^2=%s eps=%s caps=%s/%s tied=%s bias=%s context=%d"
                        + " windowed=%d of %d first=%s full=%s stop=%s",
                config.family().architecture(),
                config.vocabulary(),
                config.dim(),
                config.hidden(),
                config.numLayers(),
                heads.queries(),
                heads.keyValues(),
                heads.width(),
                Math.round(1 / heads.scale() / heads.scale()),
                config.norm().eps(),
                heads.scoreCap(),
                config.logitCap(),
                config.tiedHead(),
                heads.inputBias(),
                config.contextLength(),
                windowed,
                config.layers().stream()
                        .mapToInt(ModelConfig.Layer::window)
                        .max()
                        .orElse(0),
                rope(first.rope()),
                rope(full),
                config.stopIds());
    }

    private static String rope(Rope rope) {
        String scaling = switch (rope.scaling()) {
            case RopeScaling.None _ -> "none";
            case RopeScaling.Linear linear -> "linear " + linear.factor();
            case RopeScaling.Llama3 llama -> "llama3 " + llama.factor() + " of " + llama.originalContext();
            case RopeScaling.Dynamic dynamic -> "dynamic " + dynamic.factor();
            case RopeScaling.Yarn yarn -> "yarn " + yarn.factor() + " of " + yarn.originalContext();
            case RopeScaling.LongRope longRope ->
                String.format(
                        Locale.ROOT, "longrope of %d x %.6f", longRope.originalContext(), longRope.attentionFactor());
            case RopeScaling.Divisors _ -> "divisors";
            case RopeScaling.RoundedToBf16 _ -> "rounded";
        };
        return rope.theta() + ":" + rope.width() + ":" + scaling;
    }
}
