package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ConfigJsonTest {
    private static final String SMALL = """
            "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4, \
            "vocab_size": 300""";

    @TempDir
    Path folder;

    static Stream<Arguments> cases() throws URISyntaxException {
        Path file = Path.of(
                ConfigJsonTest.class.getResource("/model/config-cases.json").toURI());
        return Json.read(file, 1 << 20)
                .valueStream()
                .map(c -> Arguments.of(c.path("name").stringValue(), c));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void numbers_windows_and_frequencies_are_those_of_transformers(String name, JsonNode example) throws IOException {
        ModelConfig config = read(example.path("config").toString());
        JsonNode expected = example.path("expected");
        assertThat(config.vocabulary()).isEqualTo(expected.path("vocab_size").intValue());
        assertThat(config.dim()).isEqualTo(expected.path("hidden_size").intValue());
        assertThat(config.hidden()).isEqualTo(expected.path("intermediate_size").intValue());
        assertThat(config.heads().queries()).isEqualTo(expected.path("queries").intValue());
        assertThat(config.heads().keyValues())
                .isEqualTo(expected.path("key_values").intValue());
        assertThat(config.heads().width()).isEqualTo(expected.path("width").intValue());
        assertThat(config.heads().scale())
                .isCloseTo(Math.pow(expected.path("scale_base").doubleValue(), -0.5), within(1e-12));
        assertThat(config.norm().eps()).isEqualTo(expected.path("eps").doubleValue());
        assertThat(config.activation())
                .isEqualTo(
                        expected.path("activation").stringValue().equals("silu")
                                ? ModelConfig.Activation.SILU
                                : ModelConfig.Activation.GELU_TANH);
        assertThat(config.heads().scoreCap())
                .isEqualTo(expected.path("score_cap").doubleValue());
        assertThat(config.logitCap()).isEqualTo(expected.path("logit_cap").doubleValue());
        assertThat(config.tiedHead()).isEqualTo(expected.path("tied").booleanValue());
        assertThat(config.contextLength()).isEqualTo(expected.path("context").intValue());
        List<Integer> windows =
                expected.path("windows").valueStream().map(JsonNode::intValue).toList();
        assertThat(config.layers().stream().map(ModelConfig.Layer::window)).isEqualTo(windows);
        boolean oneKind = config.family() != Family.GEMMA3;
        for (JsonNode rope : expected.path("ropes")) {
            boolean slides = rope.path("kind").stringValue().equals("sliding_attention");
            config.layers().stream()
                    .filter(layer -> oneKind || layer.window() > 0 == slides)
                    .forEach(layer -> assertRope(layer.rope(), rope));
        }
    }

    private static void assertRope(Rope rope, JsonNode expected) {
        float[] ours = rope.frequencies(expected.path("length").intValue());
        JsonNode theirs = expected.path("frequencies");
        assertThat(ours).hasSize(theirs.size());
        for (int i = 0; i < ours.length; i++) {
            double frequency = theirs.path(i).doubleValue();
            assertThat((double) ours[i])
                    .as("pair %d at length %s", i, expected.path("length"))
                    .isCloseTo(frequency, within(2e-6 * frequency));
        }
        assertThat(rope.scaling().attentionFactor())
                .isCloseTo(expected.path("attention_factor").doubleValue(), within(1e-6));
    }

    @Test
    void gemma3_in_its_multimodal_wrapper_is_gemma3_alone() throws IOException {
        String text = SMALL + ", \"head_dim\": 16, \"sliding_window\": 12";
        ModelConfig alone = read("{\"model_type\": \"gemma3_text\", " + text + ", \"eos_token_id\": [1, 106]}");
        ModelConfig wrapped = read("{\"model_type\": \"gemma3\", \"eos_token_id\": [1, 106], \"text_config\": {"
                + "\"model_type\": \"gemma3_text\", " + text + "}}");
        assertThat(wrapped).isEqualTo(alone);
        assertThat(wrapped.stopIds()).containsExactly(1, 106);
    }

    @Test
    void the_wrapper_without_its_text_part_is_refused_by_name() {
        assertRefused("{\"model_type\": \"gemma3\"}", "text_config");
    }

    @Test
    void a_stop_id_beyond_the_table_is_dropped() throws IOException {
        assertThat(read("{\"model_type\": \"llama\", " + SMALL + ", \"eos_token_id\": [2, 300]}")
                        .stopIds())
                .containsExactly(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"hidden_size\": 0 | hidden_size",
                "\"hidden_size\": \"64\" | hidden_size",
                "\"hidden_size\": 64.5 | hidden_size",
                "\"hidden_size\": 1e30 | hidden_size",
                "\"num_hidden_layers\": -1 | num_hidden_layers",
                "\"num_hidden_layers\": 5000 | num_hidden_layers",
                "\"num_key_value_heads\": 3 | num_key_value_heads",
                "\"num_key_value_heads\": 8 | num_key_value_heads",
                "\"head_dim\": 1 | head_dim",
                "\"head_dim\": 7 | rotary width",
                "\"rms_norm_eps\": 0 | rms_norm_eps",
                "\"hidden_act\": \"relu\" | hidden_act",
                "\"mlp_bias\": true | mlp_bias",
                "\"use_bidirectional_attention\": true | use_bidirectional_attention",
                "\"is_causal\": false | is_causal",
                "\"rope_theta\": -1 | rope_theta",
                "\"rope_scaling\": {\"rope_type\": \"new\", \"factor\": 2} | rope_scaling.rope_type",
                "\"rope_scaling\": {\"rope_type\": \"linear\"} | rope_scaling.factor",
                "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 0} | factor",
                "\"rope_scaling\": 7 | rope_scaling",
                "\"rope_scaling\": {\"type\": \"longrope\", \"long_factor\": [1]} | short_factor",
                "\"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1], \"long_factor\": [1]} | rope factors",
                "\"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1,1,1,1,1,1,1,1], \"long_factor\": [1]} | rope factors",
                "\"eos_token_id\": \"2\" | eos_token_id",
                "\"tie_word_embeddings\": 1 | tie_word_embeddings",
                "\"max_position_embeddings\": 0 | max_position_embeddings",
            })
    void what_cannot_be_is_refused_with_file_and_field(String field, String named) {
        String name = field.substring(0, field.indexOf(':'));
        String rest = SMALL.replaceAll(name + ": \\d+,? ?", "");
        assertRefused("{\"model_type\": \"llama\", " + field + ", " + rest + "}", named);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "['full_attention'] | layer_types",
                "['linear', 'linear', 'linear', 'linear'] | layer_types",
                "['sliding_attention', 'full_attention', 'full_attention', 'full_attention'] | sliding_window",
            })
    void kinds_of_layers_must_be_known_all_there_and_have_their_window(String types, String named) {
        assertRefused(
                "{\"model_type\": \"qwen3\", " + SMALL
                        + ", \"num_key_value_heads\": 2, \"sliding_window\": null, \"layer_types\": "
                        + types.replace('\'', '"') + "}",
                named);
    }

    /// `layer_types`, `partial_rotary_factor`, `attention_bias` and `_sliding_window_pattern` where the family's class
    /// in transformers 5.24 looks at none of them.
    @ParameterizedTest
    @ValueSource(strings = {"llama", "gemma", "mistral", "phi3", "qwen3", "gemma3_text"})
    void what_the_familys_class_does_not_look_at_says_nothing(String type) throws IOException {
        String plain = "{\"model_type\": \"" + type + "\", " + SMALL
                + ", \"num_key_value_heads\": 2, \"head_dim\": 16, \"sliding_window\": 8";
        String idle = switch (type) {
            case "llama", "gemma" -> "\"layer_types\": [\"sliding_attention\"], \"partial_rotary_factor\": 0.5";
            case "mistral" -> "\"layer_types\": [\"full_attention\"], \"attention_bias\": true";
            case "phi3" -> "\"layer_types\": [\"full_attention\"], \"attention_bias\": true";
            case "qwen3" -> "\"rope_parameters\": {\"partial_rotary_factor\": 0.5}";
            default -> "\"_sliding_window_pattern\": 2, \"partial_rotary_factor\": 0.5";
        };
        assertThat(read(plain + ", " + idle + "}")).isEqualTo(read(plain + "}"));
    }

    /// As the models of transformers look at them.
    @ParameterizedTest
    @CsvSource({"gemma2, 1, 4, 9", "gemma3_text, 1, 0, 9", "llama, 0.25, 0, 0"})
    void caps_and_scale_are_those_that_the_family_has(String type, double scale, double scores, double logits)
            throws IOException {
        ModelConfig config = read("{\"model_type\": \"" + type + "\", " + SMALL + ", \"head_dim\": 16,"
                + " \"query_pre_attn_scalar\": 1, \"attn_logit_softcapping\": 4, \"final_logit_softcapping\": 9}");
        assertThat(config.heads().scale()).isEqualTo(scale);
        assertThat(config.heads().scoreCap()).isEqualTo(scores);
        assertThat(config.logitCap()).isEqualTo(logits);
    }

    @Test
    void the_multimodal_wrapper_caps_no_logits_and_what_is_exported_of_it_neither() throws IOException {
        ModelConfig config = read("{\"model_type\": \"gemma3\", \"text_config\": {" + SMALL
                + ", \"head_dim\": 16, \"final_logit_softcapping\": 9}}");
        assertThat(config.logitCap()).isZero();
        String exported = ConfigExport.ofFolder(folder.resolve("config.json"), config, config.numLayers(), null)
                .toString();
        assertThat(read(exported)).isEqualTo(config);
    }

    /// `hidden_act` of the first Gemma, `hidden_activation` of the others: each class reads one of the two.
    @ParameterizedTest
    @CsvSource({
        "llama, hidden_act, gelu, GELU",
        "gemma, hidden_act, silu, SILU",
        "gemma2, hidden_activation, silu, SILU",
        "gemma3_text, hidden_activation, silu, SILU",
    })
    void the_activation_has_one_name_a_family(String type, String field, String value, ModelConfig.Activation expected)
            throws IOException {
        String rest = "{\"model_type\": \"" + type + "\", \"num_key_value_heads\": 4, " + SMALL;
        ModelConfig.Activation silent = read(rest + "}").activation();
        for (String name : List.of("hidden_act", "hidden_activation")) {
            assertThat(read(rest + ", \"" + name + "\": \"" + value + "\"}").activation())
                    .isEqualTo(name.equals(field) ? expected : silent);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"attn_logit_softcapping", "final_logit_softcapping"})
    void a_cap_below_nothing_is_refused(String name) {
        assertRefused("{\"model_type\": \"gemma2\", " + SMALL + ", \"" + name + "\": -3}", name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "7", "{\"model_type\": 3}", "{\"model_type\": \"bert\"}", "{", ""})
    void what_is_no_configuration_of_a_known_family_is_refused(String json) {
        assertRefused(json, "config.json");
    }

    private ModelConfig read(String json) throws IOException {
        return ConfigJson.read(Files.writeString(folder.resolve("config.json"), json));
    }

    private void assertRefused(String json, String named) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("config.json")
                .hasMessageContaining(named)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }
}
