package dev.nla4j.format.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class FieldsTest {
    private static final Path FILE = Path.of("some.json");

    @Test
    void members_are_read_by_type_and_null_is_as_absent() {
        Fields fields = fields("""
                {"i": 3, "r": 3.0, "d": 0.5, "b": true, "t": "x", "n": null,
                 "o": {"i": 4}, "a": [1, 2], "ts": ["x"], "e": 1e3}""");
        assertThat(fields.integer("i", 0, 9)).isEqualTo(3);
        assertThat(fields.integer("r", 0, 9)).isEqualTo(3);
        assertThat(fields.integer("e", 0, 1000)).isEqualTo(1000);
        assertThat(fields.integer("n", 7, 0, 9)).isEqualTo(7);
        assertThat(fields.integer("absent", 8, 0, 9)).isEqualTo(8);
        assertThat(fields.number("d")).isEqualTo(0.5);
        assertThat(fields.number("n", 2)).isEqualTo(2);
        assertThat(fields.bool("b", false)).isTrue();
        assertThat(fields.bool("n", true)).isTrue();
        assertThat(fields.text("t")).hasValue("x");
        assertThat(fields.text("n")).isEmpty();
        assertThat(fields.object("o").orElseThrow().integer("i", 0, 9)).isEqualTo(4);
        assertThat(fields.integers("a", 0, 9)).containsExactly(1, 2);
        assertThat(fields.integers("i", 0, 9)).containsExactly(3);
        assertThat(fields.integers("absent", 0, 9)).isEmpty();
        assertThat(fields.texts("ts")).hasValue(List.of("x"));
        assertThat(fields.numbers("a")).hasValue(List.of(1f, 2f));
        assertThat(fields.has("n")).isFalse();
        assertThat(fields.isNull("n")).isTrue();
        assertThat(fields.isNull("absent")).isFalse();
        assertThat(fields.isNull("i")).isFalse();
    }

    @Test
    void a_wrong_type_names_file_member_and_both_types() {
        assertRefused("{\"x\": \"3\"}", f -> f.integer("x", 0, 9), "x", "a whole number", "string \"3\"");
        assertRefused("{\"x\": 3.5}", f -> f.integer("x", 0, 9), "x", "a whole number", "3.5");
        assertRefused("{\"x\": 1e300}", f -> f.integer("x", 0, 9), "x", "a whole number");
        assertRefused("{\"x\": 9007199254740993}", f -> f.integer("x", 0, Long.MAX_VALUE), "x");
        assertRefused("{\"x\": 10}", f -> f.integer("x", 0, 9), "0 to 9", "10");
        assertRefused("{\"x\": 1e999}", f -> f.number("x"), "a finite number");
        assertRefused("{\"x\": true}", f -> f.number("x"), "a finite number", "boolean true");
        assertRefused("{\"x\": 1}", f -> f.bool("x", true), "true or false", "number 1");
        assertRefused("{\"x\": 1}", f -> f.text("x"), "a text");
        assertRefused("{\"x\": 1}", f -> f.array("x"), "an array");
        assertRefused("{\"x\": [1]}", f -> f.texts("x"), "an array of texts");
        assertRefused("{\"x\": [1, \"a\"]}", f -> f.numbers("x"), "a finite number");
        assertRefused("{\"x\": [1, 11]}", f -> f.integers("x", 0, 9), "0 to 9");
        assertRefused("{\"x\": [1, 2]}", f -> f.object("x"), "x", "an object", "array of 2");
    }

    @Test
    void what_must_be_there_is_named_with_its_whole_path() {
        assertRefused("{}", f -> f.requiredText("x"), "x", "is missing");
        assertRefused("{\"x\": null}", f -> f.number("x"), "x", "is missing");
        assertRefused("{\"o\": {}}", f -> f.object("o").orElseThrow().integer("i", 0, 1), "o.i", "is missing");
        assertThatThrownBy(() -> fields("[1]"))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("must be an object");
    }

    private static void assertRefused(String json, Function<Fields, Object> read, String... said) {
        Consumer<Throwable> says =
                e -> assertThat(e.getMessage()).contains("some.json").contains(said);
        assertThatThrownBy(() -> read.apply(fields(json)))
                .isInstanceOf(FormatException.class)
                .satisfies(says);
    }

    private static Fields fields(String json) {
        return Fields.of(FILE, Json.parse(FILE, json));
    }
}
