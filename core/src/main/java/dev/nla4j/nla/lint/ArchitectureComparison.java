package dev.nla4j.nla.lint;

import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.Rope;
import java.util.ArrayList;
import java.util.List;

/// Whether two configurations are of one model, as far as both are deep. Vocabularies may be padded differently, and a
/// reconstructor has fewer blocks.
final class ArchitectureComparison {
    /// GGUF headers keep these numbers in fp32.
    private static final double TOLERANCE = 1e-5;
    /// Lengths of text at which ropes are compared: some turn otherwise beyond a model's first context.
    private static final int[] LENGTHS = {1, 1 << 24};

    private ArchitectureComparison() {}

    /// The fields in which `first` differs; empty when it does not.
    static List<String> differences(ModelConfig first, ModelConfig second) {
        List<String> found = new ArrayList<>();
        // A GGUF of Mistral calls itself llama.
        differ("family", first.family().architecture(), second.family().architecture(), found);
        differ("hidden_size", first.dim(), second.dim(), found);
        differ("intermediate_size", first.hidden(), second.hidden(), found);
        differ("num_attention_heads", first.heads().queries(), second.heads().queries(), found);
        differ("num_key_value_heads", first.heads().keyValues(), second.heads().keyValues(), found);
        differ("head_dim", first.heads().width(), second.heads().width(), found);
        differ("qkv bias", first.heads().inputBias(), second.heads().inputBias(), found);
        differ("output bias", first.heads().outputBias(), second.heads().outputBias(), found);
        differ("activation", first.activation(), second.activation(), found);
        apart("attention scale", first.heads().scale(), second.heads().scale(), found);
        apart("attn_logit_softcapping", first.heads().scoreCap(), second.heads().scoreCap(), found);
        apart("final_logit_softcapping", first.logitCap(), second.logitCap(), found);
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
            differ(
                    "rotary width of block " + layer,
                    one.rope().width(),
                    other.rope().width(),
                    found);
            apart(
                    "attention_factor of block " + layer + "'s rope",
                    one.rope().scaling().attentionFactor(),
                    other.rope().scaling().attentionFactor(),
                    found);
            if (found.size() == before) {
                turns(layer, one.rope(), other.rope(), found);
            }
            if (found.size() > before) {
                return;
            }
        }
    }

    /// Compared by how far each pair turns: one file has Llama 3's scaling as numbers, another as a factor for each
    /// pair.
    private static void turns(int layer, Rope first, Rope second, List<String> found) {
        for (int length : LENGTHS) {
            float[] one = first.frequencies(length);
            float[] other = second.frequencies(length);
            for (int pair = 0; pair < one.length; pair++) {
                int before = found.size();
                apart(
                        "rope of block " + layer + " (rope_theta, rope_scaling): the turn of pair " + pair,
                        one[pair],
                        other[pair],
                        found);
                if (found.size() > before) {
                    return;
                }
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
