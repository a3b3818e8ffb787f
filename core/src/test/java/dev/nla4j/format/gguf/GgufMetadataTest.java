package dev.nla4j.format.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.Fixtures;
import dev.nla4j.format.FormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufMetadataTest {
    @TempDir
    Path folder;

    @Test
    void every_type_that_python_writes_is_read() {
        try (GgufFile file = GgufFile.open(Fixtures.file("gguf/written-by-python.gguf"))) {
            GgufMetadata metadata = file.metadata();
            assertThat(metadata.keys()).hasSize(18).startsWith("general.architecture", "u8", "i8");
            assertThat(metadata.string("general.architecture")).isEqualTo("test");
            assertThat(metadata.integer("u8", 0, 255)).isEqualTo(200);
            assertThat(metadata.integer("i8", -128, 127)).isEqualTo(-100);
            assertThat(metadata.integer("u16", 0, 65_535)).isEqualTo(60_000);
            assertThat(metadata.integer("i16", -40_000, 0)).isEqualTo(-30_000);
            assertThat(metadata.integer("u32", 0, Long.MAX_VALUE)).isEqualTo(4_000_000_000L);
            assertThat(metadata.integer("i32", Long.MIN_VALUE, 0)).isEqualTo(-2_000_000_000);
            assertThat(metadata.integer("i64", Long.MIN_VALUE, 0)).isEqualTo(Long.MIN_VALUE);
            assertThat(metadata.number("f32")).isEqualTo(0.1f);
            assertThat(metadata.number("f64")).isEqualTo(0.1);
            assertThat(metadata.bool("yes")).isTrue();
            assertThat(metadata.bool("no")).isFalse();
            assertThat(metadata.string("text")).isEqualTo("naïve 🚀");
            assertThat(metadata.strings("words")).containsExactly("a", "", "Ġthe", "日本");
            assertThat(metadata.integers("ints")).containsExactly(1, -2, 3);
            assertThat(metadata.floats("reals")).containsExactly(0.5f, -1e30f, 3.25f);
            assertThat(metadata.value("flags"))
                    .hasValueSatisfying(value ->
                            assertThat(value).isEqualTo(new GgufNumbers(GgufType.BOOL, new byte[] {1, 0, 1})));
            refused(() -> metadata.integer("u64", Long.MIN_VALUE, Long.MAX_VALUE), "was 18446744073709551615");
        }
    }

    @Test
    void a_value_of_the_wrong_type_is_refused_by_key() throws IOException {
        GgufMetadata metadata = metadata();
        refused(() -> metadata.integer("text", 0, 9), "text: must be an integer, was the string 7");
        refused(() -> metadata.integer("real", 0, 9), "real: must be an integer, was 7.0 of type F32");
        refused(() -> metadata.integer("flag", 0, 9), "flag: must be an integer, was true");
        refused(
                () -> metadata.integer("ints", 0, 9),
                "ints: must be an integer, was an array of 1 numbers of type I32");
        refused(() -> metadata.number("int"), "int: must be a finite real number, was 7 of type U32");
        refused(() -> metadata.number("nan"), "nan: must be a finite real number, was NaN");
        refused(() -> metadata.bool("int"), "int: must be true or false");
        refused(() -> metadata.string("texts"), "texts: must be a string, was an array of 1 strings");
        refused(() -> metadata.strings("ints"), "ints: must be an array of strings");
        refused(() -> metadata.strings("nested"), "was an array of 1 arrays");
        refused(() -> metadata.integers("reals"), "reals: must be an array of integers");
        refused(() -> metadata.integers("int"), "int: must be an array of integers");
        refused(() -> metadata.floats("ints"), "ints: must be an array of F32");
        refused(() -> metadata.floats("nans"), "nans: must be numbers, was NaN at 1");
    }

    @Test
    void a_number_out_of_range_is_refused_with_the_range() throws IOException {
        GgufMetadata metadata = metadata();
        assertThat(metadata.integer("int", 7, 7)).isEqualTo(7);
        refused(() -> metadata.integer("int", 8, 1024), "int: must be 8 to 1024, was 7");
        refused(() -> metadata.integer("int", 0, 6), "int: must be 0 to 6, was 7");
    }

    @Test
    void a_missing_key_is_an_error_unless_there_is_a_fallback() throws IOException {
        GgufMetadata metadata = metadata();
        refused(() -> metadata.integer("none", 0, 9), "none: is missing");
        refused(() -> metadata.strings("none"), "none: is missing");
        assertThat(metadata.has("none")).isFalse();
        assertThat(metadata.value("none")).isEmpty();
        assertThat(metadata.integerOr("none", -1, 0, 9)).isEqualTo(-1);
        assertThat(metadata.stringOr("none", "x")).isEqualTo("x");
        assertThat(metadata.integerOr("int", -1, 0, 9)).isEqualTo(7);
        assertThat(metadata.stringOr("text", "x")).isEqualTo("7");
        refused(() -> metadata.stringOr("int", "x"), "int: must be a string");
    }

    private GgufMetadata metadata() throws IOException {
        Path path = folder.resolve("m.gguf");
        GgufWriter.write(
                path,
                Map.of(
                        "int", GgufValues.u32(7),
                        "real", GgufValues.f32(7),
                        "nan", GgufValues.f32(Float.NaN),
                        "flag", GgufValues.flag(true),
                        "text", GgufValues.text("7"),
                        "texts", GgufValues.texts(List.of("7")),
                        "ints", GgufValues.i32s(7),
                        "reals", GgufValues.f32s(7),
                        "nans", GgufValues.f32s(7, Float.NaN),
                        "nested", new GgufValue.Nested(List.of(GgufValues.i32s(7)))),
                List.of());
        try (GgufFile file = GgufFile.open(path)) {
            return file.metadata();
        }
    }

    private static void refused(ThrowingCallable read, String says) {
        assertThatThrownBy(read).isInstanceOf(FormatException.class).hasMessageContaining(says);
    }
}
