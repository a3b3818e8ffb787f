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

class SpellingsTest {
    private static final String SMALL = """
            "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 6, "num_attention_heads": 4, \
            "num_key_value_heads": 2, "vocab_size": 300""";
    private static final String EIGHT = "[1, 2, 3, 4, 5, 6, 7, 8]";

    @TempDir
    Path folder;

    static Stream<Spelling> spellings() throws URISyntaxException {
        return Spelling.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("spellings")
    void old_and_new_spelling_are_one_configuration_and_one_model(Spelling spelling) throws IOException {
        Path old = TinyFolder.write(
                folder.resolve("old"), spelling.old(), spelling.prefixes().getFirst(), 31);
        Path recent = TinyFolder.write(
                folder.resolve("new"), spelling.recent(), spelling.prefixes().getLast(), 31);
        assertThat(ModelLoader.config(old)).isEqualTo(ModelLoader.config(recent));
        SameModel.assertSameNumbers(old, recent, 0);
    }

    static Stream<Arguments> released() throws URISyntaxException {
        Path file = Path.of(
                SpellingsTest.class.getResource("/model/released-configs.json").toURI());
        return Json.read(file, 1 << 20)
                .valueStream()
                .map(c -> Arguments.of(c.path("name").stringValue(), c));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("released")
    void the_configuration_of_a_released_model_is_read(String name, JsonNode released) throws IOException {
        ModelConfig config = ConfigJson.read(Files.writeString(
                folder.resolve("config.json"), released.path("config").toString()));
        assertThat(Summary.of(config)).isEqualTo(released.path("expected").stringValue());
    }

    @ParameterizedTest
    @ValueSource(strings = {"su", "yarn", "longrope"})
    void longrope_of_phi3_goes_by_its_older_names_and_has_an_original_context(String kind) throws IOException {
        ModelConfig config = read("{\"model_type\": \"phi3\", " + SMALL + ", \"max_position_embeddings\": 131072,"
                + " \"rope_scaling\": {\"type\": \"" + kind + "\", \"short_factor\": " + EIGHT
                + ", \"long_factor\": " + EIGHT + "}}");
        assertThat(config.layers().getFirst().rope().scaling())
                .isInstanceOfSatisfying(RopeScaling.LongRope.class, longRope -> {
                    assertThat(longRope.originalContext()).isEqualTo(4096);
                    assertThat(longRope.attentionFactor())
                            .isCloseTo(Math.sqrt(1 + Math.log(32) / Math.log(4096)), within(1e-12));
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"mrope", "ntk", "proportional"})
    void a_rope_kind_that_we_have_not_is_refused_by_name_in_both_spellings(String kind) {
        for (String field : List.of("rope_scaling", "rope_parameters")) {
            assertThatThrownBy(() -> read("{\"model_type\": \"llama\", " + SMALL + ", \"" + field
                            + "\": {\"rope_type\": \"" + kind + "\", \"factor\": 2.0}}"))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining(field + ".rope_type")
                    .hasMessageContaining("\"" + kind + "\"");
        }
    }

    /// `self.rope_parameters = rope_scaling or self.rope_parameters`, modeling_rope_utils.py.
    @Test
    void the_old_spelling_counts_where_a_file_has_both() throws IOException {
        String both = "{\"model_type\": \"llama\", " + SMALL + ", \"rope_parameters\": {\"rope_type\": \"default\","
                + " \"rope_theta\": 5000.0}, \"rope_scaling\": ";
        assertThat(read(both + "{\"rope_type\": \"linear\", \"factor\": 8.0}}")
                        .layers()
                        .getFirst()
                        .rope())
                .as("the base is none of what counts")
                .isEqualTo(new Rope(10_000, 16, new RopeScaling.Linear(8)));
        assertThat(read(both.replace("\"rope_parameters\"", "\"rope_theta\": 777, \"rope_parameters\"")
                                + "{\"rope_type\": \"linear\", \"factor\": 8.0}}")
                        .layers()
                        .getFirst()
                        .rope())
                .isEqualTo(new Rope(777, 16, new RopeScaling.Linear(8)));
        assertThat(read(both + "{}}").layers().getFirst().rope()).isEqualTo(new Rope(5000, 16, new RopeScaling.None()));
        assertThatThrownBy(() -> read(both + "{\"rope_type\": \"ntk\"}}"))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("rope_scaling.rope_type");
    }

    /// `rope_parameters["full_attention"].update(rope_scaling)` over a `rope_type` of `default`, which
    /// hides the older name of the same, configuration_gemma3.py.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'rope_scaling': {'type': 'linear', 'factor': 8.0} | none",
                "'rope_scaling': {'type': 'longrope', 'factor': 8.0} | none",
                "'rope_scaling': {'rope_type': 'linear', 'factor': 8.0} | linear",
                "'rope_scaling': {'type': 'linear', 'factor': 8.0},"
                        + " 'rope_parameters': {'full_attention': {'factor': 2.0}} | linear",
                "'rope_scaling': {'type': 'dynamic', 'factor': 8.0},"
                        + " 'rope_parameters': {'full_attention': {'rope_type': 'linear', 'factor': 2.0}} | linear",
                "'rope_parameters': {'full_attention': {'type': 'linear', 'factor': 8.0}} | linear",
            })
    void gemma3_lays_the_old_spelling_over_the_new_one(String rope, String expected) throws IOException {
        ModelConfig config = read("{\"model_type\": \"gemma3_text\", " + SMALL
                + ", \"sliding_window\": 16, \"rope_theta\": 5000.0, " + rope.replace('\'', '"') + "}");
        RopeScaling scaling = expected.equals("none") ? new RopeScaling.None() : new RopeScaling.Linear(8);
        assertThat(config.layers().getLast().rope()).isEqualTo(new Rope(5000, 256, scaling));
        assertThat(config.layers().getFirst().rope()).isEqualTo(new Rope(10_000, 256, new RopeScaling.None()));
    }

    /// What `rope_parameters` of transformers 5.24 have after the configuration's class has read them.
    @ParameterizedTest
    @CsvSource({
        "llama, 0, 0, 128",
        "llama, 16, 0, 16",
        "llama, 16, 32, 32",
        "phi3, 16, 0, 4096",
        "phi3, 16, 32, 32",
        "gemma3_text, 16, 32, 16",
    })
    void the_context_before_stretching_is_looked_for_where_the_class_looks(String type, int own, int top, int expected)
            throws IOException {
        String name = "\"original_max_position_embeddings\": ";
        ModelConfig config = read("{\"model_type\": \"" + type + "\", " + SMALL + ", \"head_dim\": 16,"
                + " \"max_position_embeddings\": 128, " + (top == 0 ? "" : name + top + ", ")
                + "\"rope_scaling\": {\"rope_type\": \"longrope\", \"factor\": 8.0, \"short_factor\": " + EIGHT
                + ", \"long_factor\": " + EIGHT + (own == 0 ? "" : ", " + name + own) + "}}");
        assertThat(config.layers().getLast().rope().scaling())
                .isInstanceOfSatisfying(RopeScaling.LongRope.class, longRope -> {
                    assertThat(longRope.originalContext()).isEqualTo(expected);
                    // a factor that is there counts, whatever the contexts say
                    assertThat(longRope.attentionFactor())
                            .isCloseTo(Math.sqrt(1 + Math.log(8) / Math.log(expected)), within(1e-12));
                });
    }

    /// As transformers mixes them: what `rope_parameters` leaves out is looked for at the top, and what
    /// names no kind of layer is nobody's.
    @Test
    void gemma3_bases_may_stand_at_the_top_beside_rope_parameters() throws IOException {
        ModelConfig nested = read("{\"model_type\": \"gemma3_text\", " + SMALL + ", \"sliding_window\": 16,"
                + " \"rope_theta\": 5000.0, \"rope_local_base_freq\": 3000.0, \"rope_parameters\":"
                + " {\"full_attention\": {\"rope_type\": \"linear\", \"factor\": 8.0},"
                + " \"sliding_attention\": {\"rope_type\": \"default\"}}}");
        assertThat(nested.layers().getFirst().rope()).isEqualTo(new Rope(3000, 256, new RopeScaling.None()));
        assertThat(nested.layers().getLast().rope()).isEqualTo(new Rope(5000, 256, new RopeScaling.Linear(8)));
        ModelConfig flat = read("{\"model_type\": \"gemma3_text\", " + SMALL + ", \"sliding_window\": 16,"
                + " \"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 5000.0}}");
        assertThat(flat.layers().getFirst().rope().theta()).isEqualTo(10_000);
        assertThat(flat.layers().getLast().rope().theta()).isEqualTo(1_000_000);
    }

    private ModelConfig read(String json) throws IOException {
        return ConfigJson.read(Files.writeString(folder.resolve("config.json"), json));
    }
}
