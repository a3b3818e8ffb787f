package dev.nla4j.hub;

import java.util.List;
import java.util.Locale;

/// Weights that are a program: loading a pickle runs what its author wrote, so none is ever read.
final class Pickles {
    static final String HINT = "convert them to safetensors first, on a machine where running their code is no risk: "
            + "AutoModelForCausalLM.from_pretrained(SOURCE).save_pretrained(FOLDER, safe_serialization=True)";

    private static final List<String> ENDINGS = List.of(".bin", ".pt", ".pth", ".pkl", ".ckpt", ".pickle");

    private Pickles() {}

    static boolean isPickle(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return ENDINGS.stream().anyMatch(lower::endsWith);
    }
}
