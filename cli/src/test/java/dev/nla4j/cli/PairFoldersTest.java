package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.ActivationRow;
import dev.nla4j.activation.ActivationWriter;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// How pairs may lie and be named, and that it makes no difference to what they say.
class PairFoldersTest {
    private static final RandomPair RANDOM = RandomPair.tiny("gemma3");

    @TempDir
    Path folder;

    private String pair = "";
    private String target = "";

    @BeforeEach
    void write() throws IOException {
        target = RANDOM.target(folder.resolve("target")).toString();
        pair = RANDOM.full(folder.resolve("pair")).toString();
    }

    private Run explain(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "explain",
                "The capital of France",
                "--at",
                "2",
                "--samples",
                "2",
                "--max-new-tokens",
                "8",
                "--dtype",
                "fp32",
                "--json"));
        arguments.addAll(List.of(more));
        if (!arguments.contains("--target")) {
            arguments.addAll(List.of("--target", target));
        }
        return Run.of(arguments.toArray(String[]::new));
    }

    private static String withoutName(Run run) {
        assertThat(run.code()).as(run.err()).isZero();
        return run.out().replaceAll("\"nla\":\"[^\"]*\"", "");
    }

    @Test
    void halves_that_lie_apart_and_models_one_after_the_other_say_the_same() {
        String expected = withoutName(explain("--nla", pair));
        assertThat(withoutName(explain("--nla", pair + "/av", "--nla-ar", pair + "/ar")))
                .isEqualTo(expected);
        assertThat(withoutName(explain("--nla", pair, "--nla-ar", pair))).isEqualTo(expected);
        Run low = explain("--nla", pair, "--low-memory", "--verbose");
        assertThat(withoutName(low)).isEqualTo(expected);
        assertThat(low.err()).contains("nla: memory: about").contains("the largest of");
    }

    @Test
    void k_is_what_the_blocks_say_where_the_sidecar_is_silent() throws IOException {
        String expected = withoutName(explain("--nla", pair));
        Path sidecar = Path.of(pair, "ar/nla_meta.yaml");
        String text = Files.readString(sidecar);
        String silent =
                text.replaceAll("critic:\n +extraction_layer_index: 2\n?", "extraction_layer_index: 7\nlayer: 9\n");
        assertThat(silent).isNotEqualTo(text);
        Files.writeString(sidecar, silent);
        assertThat(withoutName(explain("--nla", pair))).isEqualTo(expected);
        Files.writeString(sidecar, text.replace("extraction_layer_index: 2", "num_hidden_layers: 2"));
        assertThat(withoutName(explain("--nla", pair))).isEqualTo(expected);
        Files.writeString(sidecar, text.replace("extraction_layer_index: 2", "num_hidden_layers: 3"));
        Run run = explain("--nla", pair);
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err())
                .contains("num_hidden_layers")
                .contains("K + 1 = 4")
                .contains("was 3");
    }

    @Test
    void numbers_of_a_sidecar_that_can_not_be_are_refused_with_file_field_and_value() throws IOException {
        record Change(String file, String from, String to, String field) {}
        List<Change> changes = List.of(
                new Change("av", "injection_scale: .*", "injection_scale: 1e300", "extraction.injection_scale"),
                new Change("av", "injection_scale: .*", "injection_scale: 1e38", "extraction.injection_scale"),
                new Change("av", "injection_scale: .*", "injection_scale: .inf", "extraction.injection_scale"),
                new Change("ar", "d_model: ", "rawvar: 0\nd_model: ", "rawvar"),
                new Change("ar", "d_model: ", "rawvar: .nan\nd_model: ", "rawvar"),
                new Change("ar", "d_model: ", "rawvar: -1\nd_model: ", "rawvar"),
                new Change("ar", "d_model: ", "rawvar: .inf\nd_model: ", "rawvar"));
        for (Change change : changes) {
            Path sidecar = Path.of(pair, change.file(), "nla_meta.yaml");
            String text = Files.readString(sidecar);
            Files.writeString(sidecar, text.replaceAll(change.from(), change.to()));
            Run run = explain("--nla", pair);
            assertThat(run.code()).as(change + run.err()).isEqualTo(3);
            assertThat(run.err().lines())
                    .singleElement()
                    .asString()
                    .contains(sidecar + ": " + change.field() + ": must be")
                    .contains(", was ");
            Files.writeString(sidecar, text);
        }
    }

    @Test
    void what_stands_where_the_pair_was_not_trained_is_said() throws IOException {
        assertThat(Json.parse(folder, explain("--nla", pair).out())
                        .path("trained_positions")
                        .isNull())
                .isTrue();
        Path sidecar = Path.of(pair, "ar/nla_meta.yaml");
        String text = Files.readString(sidecar);
        String placed = text.replace("extraction:\n", "extraction:\n  min_position: 2\n  max_position: 3\n");
        assertThat(placed).isNotEqualTo(text);
        Files.writeString(sidecar, placed);
        List<String> several = List.of(
                "explain",
                "The capital of France",
                "--max-new-tokens",
                "2",
                "--at",
                "0,1,2,4",
                "--nla",
                pair,
                "--target",
                target);
        JsonNode document = Json.parse(
                folder,
                Run.of(Stream.concat(several.stream(), Stream.of("--json")).toArray(String[]::new))
                        .out());
        assertThat(document.path("trained_positions").toString()).isEqualTo("[2,3]");
        assertThat(document.path("results")
                        .valueStream()
                        .map(result -> result.path("position_trained").toString()))
                .containsExactly("false", "false", "true", "false");
        Run shown = Run.of(several.toArray(String[]::new));
        assertThat(shown.out()).contains("Trained on positions 2-3 only: believe what is said of 0-1, 4 less");
        assertThat(compare("The capital", "--at", "2,2").out()).doesNotContain("Trained on");
        assertThat(compare("The capital", "--at", "0,2").out())
                .contains("Trained on positions 2-3 only: believe what is said of 0 less");
        Path other = Path.of(pair, "av/nla_meta.yaml");
        String own = Files.readString(other);
        Files.writeString(other, own.replace("extraction:\n", "extraction:\n  min_position: 3\n  max_position: 9\n"));
        assertThat(Run.of(several.toArray(String[]::new)).out())
                .as("both halves must know a position")
                .contains("Trained on positions 3 only: believe what is said of 0-2, 4 less");
        Files.writeString(other, own.replace("extraction:\n", "extraction:\n  min_position: 4\n  max_position: 9\n"));
        assertThat(Run.of(several.toArray(String[]::new)).out())
                .contains("The halves were trained on different positions: believe what is said of 0-2, 4 less");
        Files.writeString(other, own);
        Files.writeString(sidecar, placed.replace("max_position: 3", "max_position: 1"));
        assertThat(explain("--nla", pair).err()).contains("extraction.max_position: must be 2 to ");
    }

    @Test
    void a_position_beyond_the_text_is_wrong_usage() {
        Run run = Run.of("explain", "The capital", "--at", "999", "--nla", pair, "--target", target, "--dtype", "fp32");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err())
                .contains("--at: 999 is beyond the text, which has ")
                .contains("to -1 from the end");
        Run second = Run.of(
                "compare", "The capital", "b", "--at", "0,999", "--nla", pair, "--target", target, "--dtype", "fp32");
        assertThat(second.code()).isEqualTo(2);
        assertThat(second.err()).contains("999 is beyond the text");
    }

    /// A longer text is read by other sums: what differs is rounding, and would be blown up to the injection's norm.
    @Test
    void tokens_that_no_model_can_tell_apart_have_no_difference_to_explain() {
        Run same = Run.of(
                "compare", "The capital", "The capital is a king", "--at", "1,1", "--nla", pair, "--target", target);
        assertThat(same.code()).isEqualTo(3);
        assertThat(same.err()).contains("the same up to the chosen tokens");
    }

    private Run compare(String first, String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("compare", first, "a king", "--max-new-tokens", "4", "--dtype", "fp32"));
        arguments.addAll(List.of(more));
        if (!arguments.contains("--nla")) {
            arguments.addAll(List.of("--nla", pair, "--target", target));
        }
        return Run.of(arguments.toArray(String[]::new));
    }

    @Test
    void a_comparison_has_its_controls_its_seed_and_the_denominator_in_json_too() {
        Run run = compare("The capital", "--json", "--seed", "7", "--rawvar", "0.5");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode document = Json.parse(folder, run.out());
        assertThat(document.path("seed").intValue()).isEqualTo(7);
        assertThat(document.path("rawvar").doubleValue()).isEqualTo(0.5);
        assertThat(document.path("fve").isNumber()).isTrue();
        assertThat(document.path("diff_norm").isNumber()).isTrue();
        assertThat(document.path("controls").path("empty").isNumber()).isTrue();
        assertThat(document.path("controls").path("shuffled").isNumber()).isTrue();
        assertThat(document.path("layer_index").intValue()).isEqualTo(2);
        assertThat("The capital").endsWith(document.path("a").path("token").stringValue());
        assertThat(document.path("a").path("position").isNumber()).isTrue();
        assertThat(document.path("b").propertyNames())
                .containsExactlyInAnyOrder("position", "position_trained", "token");
        assertThat(document.path("samples_mean").path("cosine_similarity").doubleValue())
                .isLessThan(document.path("cosine_similarity").doubleValue());
        assertThat(document.path("samples_mean").path("fve").isNumber()).isTrue();
        Run byTurns = compare("The capital", "--json", "--seed", "7", "--rawvar", "0.5", "--low-memory");
        assertThat(byTurns).isEqualTo(run);
        Run text = compare("The capital", "--seed", "7", "--rawvar", "0.5", "--samples", "4");
        List<Double> cosines = text.out()
                .lines()
                .filter(line -> line.startsWith("cos "))
                .map(line -> Double.valueOf(line.substring(4, 9).strip()))
                .toList();
        assertThat(cosines).hasSize(4).isSortedAccordingTo(Comparator.reverseOrder());
        assertThat(text.out())
                .contains("FVE", "norm of the difference: ", "Controls (on the difference): empty text cos")
                .contains("the better text's explanation alone, the best of 4 cos", "mean of the 4: cos")
                .containsPattern(
                        "target, block 2: \"[^\"]+\" \\(token [0-9]+\\) of the first text minus \"[^\"]+\" \\(token");
    }

    /// The denominator of a pair is the variance of its activations.
    @Test
    void a_difference_has_no_fve_of_the_pairs_own_denominator() throws IOException {
        Path sidecar = Path.of(pair, "ar/nla_meta.yaml");
        Files.writeString(sidecar, Files.readString(sidecar).replaceFirst("d_model: ", "rawvar: 0.5\nd_model: "));
        JsonNode document = Json.parse(folder, compare("The capital", "--json").out());
        assertThat(document.path("fve").isNull()).isTrue();
        assertThat(document.path("rawvar").isNull()).isTrue();
        assertThat(document.path("fve_missing").stringValue()).contains("not of their differences");
        assertThat(Json.parse(folder, explain("--nla", pair).out())
                        .path("rawvar")
                        .doubleValue())
                .isEqualTo(0.5);
    }

    @Test
    void the_best_of_several_stands_beside_their_mean() {
        JsonNode result =
                Json.parse(folder, explain("--nla", pair).out()).path("results").path(0);
        assertThat(result.path("samples_mean").propertyNames()).containsExactly("mse", "cosine_similarity", "fve");
        double sum = 0;
        for (JsonNode sample : result.path("samples")) {
            sum += sample.path("cosine_similarity").doubleValue();
        }
        assertThat(result.path("samples_mean").path("cosine_similarity").doubleValue())
                .isCloseTo(sum / 2, within(1e-9));
        Run text = Run.of(
                "explain",
                "The capital",
                "--nla",
                pair,
                "--target",
                target,
                "--samples",
                "2",
                "--max-new-tokens",
                "4",
                "--dtype",
                "fp32");
        assertThat(text.out()).contains("best of 2, mean cos ", "another position's explanation, the best of 2 cos ");
    }

    @Test
    void halves_and_targets_that_differ_are_refused_before_they_are_loaded() throws IOException {
        for (String half : List.of("av", "ar")) {
            try (Stream<Path> files = Files.list(Path.of(pair, half))) {
                for (Path file : files.filter(f -> f.toString().contains("model-") || f.endsWith("model.safetensors"))
                        .toList()) {
                    Files.delete(file);
                }
            }
        }
        Path other = new RandomPair("gemma3", 32, 96, 4, 2, 16, 4, 2).target(folder.resolve("other"));
        Run wide = explain("--nla", pair, "--target", other.toString());
        assertThat(wide.code()).isEqualTo(3);
        assertThat(wide.err()).contains("is for activations of 64 numbers", "has 32");
        Path sidecar = Path.of(pair, "av/nla_meta.yaml");
        String text = Files.readString(sidecar);
        Files.writeString(sidecar, text + "\ncritic: {extraction_layer_index: 1}\n");
        Run layers = explain("--nla", pair);
        assertThat(layers.code()).isEqualTo(3);
        assertThat(layers.err()).contains(sidecar + ": critic.extraction_layer_index: is 1", "is 2");
        Files.writeString(sidecar, text.replace("d_model: 64", "d_model: 32"));
        Run halves = explain("--nla", pair);
        assertThat(halves.code()).isEqualTo(3);
        assertThat(halves.err()).contains(sidecar + ": d_model: is 32", "is 64");
        for (String half : List.of("av", "ar")) {
            Path both = Path.of(pair, half, "nla_meta.yaml");
            Files.writeString(both, Files.readString(both).replace("d_model: 64", "d_model: 32"));
        }
        Run model = explain("--nla", pair, "--target", other.toString());
        assertThat(model.code()).isEqualTo(3);
        assertThat(model.err()).contains(sidecar + ": d_model: is 32, the model's width is 64");
    }

    private Run score(String texts, String... more) throws IOException {
        Path activations = folder.resolve("a.parquet");
        try (ActivationWriter writer = ActivationWriter.create(activations, 64)) {
            for (int row = 0; row < 2; row++) {
                float[] vector = new float[64];
                vector[row] = 1;
                writer.write(new ActivationRow(3, "a text", vector, 2, "doc:" + row));
            }
        }
        List<String> arguments = new ArrayList<>(List.of(
                "score",
                "--activations",
                activations.toString(),
                "--texts",
                Files.writeString(folder.resolve("t.jsonl"), texts).toString(),
                "--dtype",
                "fp32"));
        arguments.addAll(List.of(more));
        return Run.of(arguments.toArray(String[]::new));
    }

    /// Scores two texts on these rows: a line each, then the mean and the controls.
    private List<JsonNode> scored(int first, int second, String... more) throws IOException {
        String texts = "{\"row\": " + first + ", \"text\": \"the capital of a country\"}\n{\"row\": " + second
                + ", \"text\": \"green and old\"}\n";
        Run run = score(
                texts,
                Stream.concat(Stream.of("--nla", pair, "--json"), Stream.of(more))
                        .toArray(String[]::new));
        assertThat(run.code()).as(run.err()).isZero();
        List<JsonNode> lines =
                run.out().lines().map(line -> Json.parse(folder, line)).toList();
        assertThat(lines).hasSize(5);
        return lines;
    }

    private static double cosine(JsonNode line) {
        return line.path("cosine_similarity").doubleValue();
    }

    @Test
    void each_text_is_scored_on_its_own_row_and_the_control_is_what_the_texts_score_exchanged() throws IOException {
        List<JsonNode> own = scored(0, 1);
        List<JsonNode> exchanged = scored(1, 0);
        for (int text = 0; text < 2; text++) {
            assertThat(cosine(own.get(text))).isNotCloseTo(cosine(exchanged.get(text)), within(1e-4));
        }
        double mean = (cosine(own.get(0)) + cosine(own.get(1))) / 2;
        assertThat(own.get(2).path("summary").stringValue()).isEqualTo("mean");
        assertThat(cosine(own.get(2))).isCloseTo(mean, within(1e-9));
        assertThat(own.get(4).path("summary").stringValue()).isEqualTo("control: another row's text");
        assertThat(cosine(own.get(4)))
                .isCloseTo(cosine(exchanged.get(2)), within(1e-6))
                .isNotCloseTo(mean, within(1e-4));
    }

    @Test
    void a_denominator_that_is_given_goes_before_the_sidecars() throws IOException {
        Path sidecar = Path.of(pair, "ar/nla_meta.yaml");
        Files.writeString(sidecar, Files.readString(sidecar).replaceFirst("d_model: ", "rawvar: 0.7\nd_model: "));
        for (JsonNode line : scored(0, 1, "--rawvar", "0.5")) {
            assertThat(line.path("fve").doubleValue())
                    .isCloseTo(1 - line.path("mse").doubleValue() / 0.5, within(1e-9));
        }
        for (JsonNode line : scored(0, 1)) {
            assertThat(line.path("fve").doubleValue())
                    .isCloseTo(1 - line.path("mse").doubleValue() / 0.7, within(1e-9));
        }
    }

    @Test
    void a_control_that_there_is_not_is_said_and_null() throws IOException {
        String one = "{\"row\": 0, \"text\": \"a\"}\n{\"row\": 0, \"text\": \"b\"}\n";
        Run text = score(one, "--nla", pair);
        assertThat(text.code()).as(text.err()).isZero();
        assertThat(text.out())
                .containsPattern("control: another row's text +not known: all texts are of one row")
                .containsPattern("control: empty text +mse");
        JsonNode last = Json.parse(
                folder,
                score(one, "--nla", pair, "--json").out().lines().toList().getLast());
        assertThat(last.path("summary").stringValue()).isEqualTo("control: another row's text");
        assertThat(last.path("cosine_similarity").isNull()).isTrue();
        assertThat(last.path("missing").stringValue()).isEqualTo("all texts are of one row");
        Run both = score(one + "{\"row\": 1, \"text\": \"c\"}\n", "--nla", pair);
        assertThat(both.out())
                .containsPattern("control: another row's text +mse")
                .doesNotContain("not known");
    }

    /// Without a begin-of-sequence token such a prompt of the empty text has nothing that could be read.
    @Test
    void a_template_that_is_the_explanation_alone_has_no_control_of_the_empty_text() throws IOException {
        RandomPair qwen = RandomPair.tiny("qwen2");
        Path place = qwen.full(folder.resolve("qwen"));
        Path model = qwen.target(folder.resolve("qwen-target"));
        for (String half : List.of("av", "ar")) {
            Path sidecar = place.resolve(half).resolve("nla_meta.yaml");
            String text = Files.readString(sidecar);
            String bare = text.replaceAll("ar: .*\\{explanation}.*", "ar: \"{explanation}\"");
            assertThat(bare).isNotEqualTo(text);
            Files.writeString(sidecar, bare);
        }
        String[] named = {"--nla", place.toString(), "--target", model.toString()};
        Run explained = explain(named);
        assertThat(explained.code()).as(explained.err()).isZero();
        JsonNode controls = Json.parse(folder, explained.out()).path("controls");
        assertThat(controls.path("empty").isNull()).isTrue();
        assertThat(controls.path("empty_missing").stringValue()).contains("the empty text has no token");
        Run compared = compare("The capital", named);
        assertThat(compared.code()).as(compared.err()).isZero();
        assertThat(compared.out()).contains("empty text not known: the AR's template is the explanation alone");
        Run scored = score("{\"row\": 0, \"text\": \"a\"}\n", "--nla", place.toString());
        assertThat(scored.code()).as(scored.err()).isZero();
        assertThat(scored.out()).containsPattern("control: empty text +not known: the AR's template");
    }

    @Test
    void what_is_cut_off_at_the_context_is_said() throws IOException {
        Path config = Path.of(target, "config.json");
        String text = Files.readString(config);
        String less = text.replaceAll("(max_position_embeddings\"\\s*:\\s*)\\d+", "$18");
        assertThat(less).isNotEqualTo(text);
        Files.writeString(config, less);
        String longer = "The capital of France is " + "a b c d e f g h ".repeat(3);
        Run run = compare(longer, "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("nla: the first text has ").contains("the first 8 were used");
    }

    /// One of many texts: its beginning tells which.
    @Test
    void a_text_that_is_too_long_to_read_is_told_by_its_beginning() throws IOException {
        Path config = Path.of(pair, "ar/config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replaceAll("(max_position_embeddings\"\\s*:\\s*)\\d+", "$18"));
        Run run = Run.of(
                "reconstruct",
                "--nla",
                pair,
                "--text",
                "blue and old ".repeat(9),
                "--out",
                folder.resolve("v.npy").toString());
        assertThat(run.code()).as(run.err()).isEqualTo(3);
        assertThat(run.err()).contains("that begins \"blue and old blue and old blue and old b\": its prompt has");
    }

    @Test
    void one_half_alone_or_in_the_others_place_is_refused_with_what_to_do() {
        Run alone = explain("--nla", pair + "/av");
        assertThat(alone.code()).isEqualTo(3);
        assertThat(alone.err()).contains("the verbalizer").contains("--nla-ar");
        Run swapped = explain("--nla", pair + "/ar", "--nla-ar", pair + "/av");
        assertThat(swapped.code()).isEqualTo(3);
        assertThat(swapped.err()).contains("role");
        assertThat(explain("--nla-ar", pair + "/ar").code()).isEqualTo(2);
    }

    @Test
    void adapters_find_the_base_that_their_own_configuration_names() throws IOException {
        Path adapters = RANDOM.adapters(folder.resolve("adapters"), target);
        for (String half : List.of("av", "ar")) {
            Path sidecar = adapters.resolve(half).resolve("nla_meta.yaml");
            Files.writeString(sidecar, Files.readString(sidecar).replaceAll("base_checkpoint: .*\n", ""));
        }
        Run run = Run.of(
                "reconstruct",
                "--text",
                "x",
                "--out",
                folder.resolve("v.npy").toString(),
                "--dtype",
                "fp32",
                "--nla",
                adapters.toString());
        assertThat(run.code()).as(run.err()).isZero();
    }

    @Test
    void a_base_that_is_a_path_of_another_machine_is_named_with_who_names_it() throws IOException {
        Path adapters = RANDOM.adapters(folder.resolve("moved"), target);
        for (String half : List.of("av", "ar")) {
            Path sidecar = adapters.resolve(half).resolve("nla_meta.yaml");
            Files.writeString(
                    sidecar,
                    Files.readString(sidecar).replaceAll("base_checkpoint: .*", "base_checkpoint: /gone/models/Qwen"));
        }
        Run run = Run.of("explain", "The capital", "--nla", adapters.toString());
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err())
                .contains("av/nla_meta.yaml: its base is /gone/models/Qwen, which is not on this machine")
                .contains("--target");
    }
}
