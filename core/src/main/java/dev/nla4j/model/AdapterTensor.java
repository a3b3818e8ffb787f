package dev.nla4j.model;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What the name of a tensor says in an adapter of PEFT's, as
/// `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`.
///
/// @param block that it is for
/// @param module of that block, as `q_proj`
/// @param isA whether it is A of `B · A`
public record AdapterTensor(int block, String module, boolean isA) {
    private static final Pattern NAME = Pattern.compile(
            "(?:.*\\.)?layers\\.(\\d{1,4})\\.(?:self_attn|mlp)\\.(\\w+)\\.lora_([AB])(?:\\.default)?\\.weight");
    private static final Pattern BESIDE = Pattern.compile(".*(?:vision|image|audio|multi_modal|mm_).*");

    /// Empty where it is no pair's of a block, or of a tower [#isBeside] the blocks.
    public static Optional<AdapterTensor> of(String name) {
        Matcher matcher = NAME.matcher(name);
        return matcher.matches() && !isBeside(name)
                ? Optional.of(new AdapterTensor(
                        Integer.parseInt(matcher.group(1)),
                        matcher.group(2),
                        matcher.group(3).equals("A")))
                : Optional.empty();
    }

    /// Whether it is of a tower for images or sound, through which no text goes: training a model of several kinds of
    /// input by names of modules adapts those as well.
    public static boolean isBeside(String name) {
        return BESIDE.matcher(name).matches();
    }
}
