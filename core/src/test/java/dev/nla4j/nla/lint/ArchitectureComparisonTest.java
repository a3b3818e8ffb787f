package dev.nla4j.nla.lint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelConfig.Layer;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.Rope;
import dev.nla4j.model.RopeScaling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchitectureComparisonTest {
    private static final String LLAMA3 =
            "{\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4,"
                    + " \"original_max_position_embeddings\": 8192}";

    @TempDir
    Path folder;

    private ModelConfig config(String type, String scaling) throws IOException {
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"" + type + """
            ", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
             "num_key_value_heads": 2, "vocab_size": 300, "hidden_act": "silu", "rms_norm_eps": 1e-5,
             "rope_theta": 500000, "max_position_embeddings": 131072, "sliding_window": null,
             "tie_word_embeddings": false, "rope_scaling":""" + scaling + "}");
        return ModelLoader.config(folder);
    }

    /// As a GGUF of the same model keeps its scaling: what each pair is divided by, in fp32.
    private static ModelConfig asDivisors(ModelConfig config) {
        List<Layer> layers = new ArrayList<>();
        for (Layer layer : config.layers()) {
            Rope rope = layer.rope();
            float[] plain = new Rope(rope.theta(), rope.width(), new RopeScaling.None()).frequencies(1);
            float[] turns = rope.frequencies(1);
            List<Float> divisors = new ArrayList<>();
            for (int i = 0; i < turns.length; i++) {
                divisors.add(plain[i] / turns[i]);
            }
            layers.add(new Layer(
                    layer.window(), new Rope(rope.theta(), rope.width(), new RopeScaling.Divisors(divisors))));
        }
        return new ModelConfig(
                config.family(),
                config.vocabulary(),
                config.dim(),
                config.hidden(),
                config.heads(),
                config.norm(),
                config.activation(),
                layers,
                config.embedScale(),
                config.logitCap(),
                config.tiedHead(),
                config.contextLength(),
                config.stopIds());
    }

    @Test
    void a_file_that_says_the_same_scaling_otherwise_does_not_differ() throws IOException {
        ModelConfig llama = config("llama", LLAMA3);
        assertThat(ArchitectureComparison.differences(llama, asDivisors(llama))).isEmpty();
        assertThat(ArchitectureComparison.differences(config("llama", "null"), asDivisors(llama)))
                .singleElement()
                .asString()
                .contains("rope of block 0", "the turn of pair");
    }

    /// A GGUF of Mistral calls itself llama.
    @Test
    void mistral_is_told_from_llama_by_its_numbers() throws IOException {
        assertThat(ArchitectureComparison.differences(config("mistral", "null"), config("llama", "null")))
                .isEmpty();
        assertThat(ArchitectureComparison.differences(config("qwen2", "null"), config("llama", "null")))
                .anyMatch(problem -> problem.startsWith("family is qwen2"));
    }

    @Test
    void numbers_of_a_scaling_count() throws IOException {
        String linear = "{\"rope_type\": \"linear\", \"factor\": ";
        assertThat(ArchitectureComparison.differences(config("llama", linear + "2}"), config("llama", linear + "4}")))
                .isNotEmpty();
        String dynamic = "{\"rope_type\": \"dynamic\", \"factor\": ";
        assertThat(ArchitectureComparison.differences(config("llama", dynamic + "2}"), config("llama", dynamic + "4}")))
                .as("only long texts tell them apart")
                .isNotEmpty();
    }
}
