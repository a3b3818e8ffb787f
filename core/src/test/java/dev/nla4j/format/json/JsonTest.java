package dev.nla4j.format.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":1,\"a\":2}", "{\"a\":1} x", "{\"a\":", "", "[NaN]", "{a:1}"})
    void broken_json_is_refused_with_the_files_name(String text) {
        assertThatThrownBy(() -> Json.parse(Path.of("x.json"), text))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("x.json");
    }

    @Test
    void conversations_are_read_as_python_reads_them() {
        Path file = Path.of("chat.json");
        String digits = "9".repeat(4300);
        String text = "{\"n\": -" + digits + ", \"a\": 1, \"b\": 2, \"a\": 3}";
        assertThat(Json.parseConversation(file, text).toString()).isEqualTo("{\"n\":-" + digits + ",\"a\":3,\"b\":2}");
        assertThatThrownBy(() -> Json.parseConversation(file, "[1" + digits + "0]"))
                .isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> Json.parse(file, text)).isInstanceOf(FormatException.class);
        assertThat(Json.parseConversation(file, "[NaN, -Infinity]").get(0).doubleValue())
                .isNaN();
    }

    @Test
    void deep_nesting_is_refused() {
        assertThatThrownBy(() -> Json.parse(Path.of("x.json"), "[".repeat(1000) + "]".repeat(1000)))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("depth");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: 1\na: 2\n",
                "a: &x [1]\nb: [*x, *x, *x, *x, *x, *x, *x, *x, *x, *x, *x]\n",
                "a: [1",
                "- a\nb: c"
            })
    void broken_or_amplifying_yaml_is_refused(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("y.yaml"), text);
        assertThatThrownBy(() -> Json.readYaml(file, 1000))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("y.yaml");
    }

    /// The library counts aliases of lists and maps only.
    @Test
    void a_text_that_aliases_multiply_is_refused() {
        String text = "a: &a \"" + "x".repeat(2000) + "\"\nb: [" + "*a, ".repeat(2000) + "1]\n";
        assertThatThrownBy(() -> Json.parseYaml(Path.of("y.yaml"), text))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("by aliases");
        assertThat(Json.parseYaml(Path.of("y.yaml"), "a: &a xyz\nb: [*a, *a]\n")
                        .path("b")
                        .size())
                .isEqualTo(2);
    }

    /// They take long to read and to write, and are no finite numbers.
    @Test
    void a_whole_number_of_hundreds_of_digits_is_refused_in_yaml_as_in_json() {
        assertThatThrownBy(() -> Json.parseYaml(Path.of("y.yaml"), "d_model: " + "9".repeat(310) + "\n"))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("a whole number of 310 digits");
        assertThat(Json.parseYaml(Path.of("y.yaml"), "a: " + "9".repeat(100) + "\nb: 0x1F\nc: -12\n")
                        .path("b")
                        .intValue())
                .isEqualTo(31);
    }

    @Test
    void a_mistake_in_yaml_is_named_on_one_line_with_its_place() throws IOException {
        Path file = Files.writeString(folder.resolve("y.yaml"), "a: 1\nb: [1, 2\nc: 3\n");
        assertThatThrownBy(() -> Json.readYaml(file, 1000))
                .hasMessageContaining("(line 3, column 2)")
                .hasMessageNotContaining("u000a");
    }

    @Test
    void json_that_ends_early_is_named_by_its_places_alone() throws IOException {
        Path file = Files.writeString(folder.resolve("j.json"), "{\"a\": [1,");
        assertThatThrownBy(() -> Json.read(file, 1000))
                .hasMessageContaining("line 1, column")
                .hasMessageNotContaining("Source")
                .hasMessageNotContaining("REDACTED");
    }

    @Test
    void a_byte_order_mark_is_passed_over() throws IOException {
        Path file = Files.writeString(folder.resolve("j.json"), "\ufeff{\"a\": 1}");
        assertThat(Json.read(file, 1000).path("a").intValue()).isEqualTo(1);
    }

    @Test
    void yaml_reads_as_it_was_written() throws IOException {
        Path file = Files.writeString(folder.resolve("y.yaml"), "a: {b: [1, 2.5, null]}\nc: \"㈎\"\n");
        assertThat(Json.readYaml(file, 1000).toString()).isEqualTo("{\"a\":{\"b\":[1,2.5,null]},\"c\":\"㈎\"}");
    }

    @Test
    void a_file_over_its_bound_is_not_read_whole() throws IOException {
        Path file = Files.writeString(folder.resolve("long.json"), "[" + " ".repeat(100) + "]");
        assertThatThrownBy(() -> Json.read(file, 50))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("50 bytes");
    }
}
