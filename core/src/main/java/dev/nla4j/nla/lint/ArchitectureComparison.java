package dev.nla4j.nla.lint;

import dev.nla4j.model.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/// Whether two configurations are of one model, as far as both are deep. Vocabularies may be padded differently, and a
/// reconstructor has fewer blocks.
final class ArchitectureComparison {
    /// GGUF headers keep these numbers in fp32.
    private static final double TOLERANCE = 1e-5;

    private ArchitectureComparison() {}

    /// The fields in which `first` differs; empty when it does not.
    static List<String> differences(ModelConfig first, ModelConfig second) {
        List<String> found = new ArrayList<>();
        differ("family", first.family().modelType(), second.family().modelType(), found);
        differ("hidden_size", first.dim(), second.dim(), found);
        differ("intermediate_size", first.hidden(), second.hidden(), found);
        differ("num_attention_heads", first.heads().queries(), second.heads().queries(), found);
        differ("num_key_value_heads", first.heads().keyValues(), second.heads().keyValues(), found);
        differ("head_dim", first.heads().width(), second.heads().width(), found);
        differ("qkv bias", first.heads().inputBias(), second.heads().inputBias(), found);
        differ("activation", first.activation(), second.activation(), found);
        apart("attention scale", first.heads().scale(), second.heads().scale(), found);
        apart("attn_logit_softcapping", first.heads().scoreCap(), second.heads().scoreCap(), found);
        apart("rms_norm_eps", first.norm().eps(), second.norm().eps(), found);
        apart("embedding scale", first.embedScale(), second.embedScale(), found);
        layers(first, second, found);
        return found;
    }

    private static void layers(ModelConfig first, ModelConfig second, List<String> found) {
        int depth = Math.min(first.numLayers(), second.numLayers());
        for (int layer = 0; layer < depth; layer++) {
            ModelConfig.Layer one = first.layers().get(layer);
            ModelConfig.Layer other = second.layers().get(layer);
            int before = found.size();
            differ("window of block " + layer, one.window(), other.window(), found);
            apart(
                    "rope_theta of block " + layer,
                    one.rope().theta(),
                    other.rope().theta(),
                    found);
            differ(
                    "rotary width of block " + layer,
                    one.rope().width(),
                    other.rope().width(),
                    found);
            differ(
                    "rope scaling of block " + layer,
                    one.rope().scaling().getClass().getSimpleName(),
                    other.rope().scaling().getClass().getSimpleName(),
                    found);
            if (found.size() > before) {
                return;
            }
        }
    }

    private static void differ(String field, Object first, Object second, List<String> found) {
        if (!first.equals(second)) {
            found.add(field + " is " + first + ", there " + second);
        }
    }

    private static void apart(String field, double first, double second, List<String> found) {
        if (Math.abs(first - second) > TOLERANCE * Math.max(Math.abs(first), Math.abs(second))) {
            found.add(field + " is " + first + ", there " + second);
        }
    }
}
