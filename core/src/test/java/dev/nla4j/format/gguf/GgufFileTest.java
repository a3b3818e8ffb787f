package dev.nla4j.format.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.Fixtures;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class GgufFileTest {
    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> a_file_that_breaks_the_format_is_refused_with_the_reason() {
        return BrokenGguf.all().entrySet().stream()
                .map(broken -> DynamicTest.dynamicTest(broken.getKey(), () -> {
                    Path path = Fixtures.write(folder, broken.getValue().bytes());
                    assertThatThrownBy(() -> GgufFile.open(path).close())
                            .isInstanceOf(FormatException.class)
                            .hasMessageContaining(path.toString())
                            .hasMessageContaining(broken.getValue().says());
                }));
    }

    @TestFactory
    Stream<DynamicTest> numbers_are_bit_equal_to_what_ggmls_python_library_makes_of_them() {
        return Stream.concat(numbersAreEqual("quantised", 11), numbersAreEqual("quantised-k", 4));
    }

    private static Stream<DynamicTest> numbersAreEqual(String fixture, int types) {
        GgufFile file = GgufFile.open(Fixtures.file("gguf/" + fixture + ".gguf"));
        SafetensorsFile expected = SafetensorsFile.open(Fixtures.file("gguf/" + fixture + "-expected.safetensors"));
        assertThat(file.names()).hasSize(types);
        return file.names().stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    assertThat(file.tensor(name).type()).isEqualTo(StoredType.valueOf(name));
                    assertThat(file.tensor(name).shape())
                            .isEqualTo(expected.tensor(name).shape());
                    assertThat(bits(Fixtures.f32(file, name))).isEqualTo(bits(Fixtures.f32(expected, name)));
                    assertThat(Fixtures.bf16(file, name)).isEqualTo(Fixtures.bf16(expected, name + ".bf16"));
                }))
                .onClose(() -> {
                    file.close();
                    expected.close();
                });
    }

    @Test
    void version_2_is_read_as_version_3_is() throws IOException {
        byte[] bytes =
                GgufBytes.oneTensor(2).align(32).zeros(3).bytes(0x3f).zeros(4).get();
        bytes[4] = 2;
        try (GgufFile file = GgufFile.open(Fixtures.write(folder, bytes))) {
            assertThat(Fixtures.f32(file, "t")).containsExactly(0.5f, 0);
        }
    }

    @Test
    void a_tensor_may_have_no_dimensions_or_no_elements() throws IOException {
        byte[] bytes = GgufBytes.start(2, 0)
                .tensor("empty", 3, 0, 32, 0)
                .tensor("scalar", 0, 0)
                .align(32)
                .bytes(0, 0, 0x80, 0x3f)
                .get();
        try (GgufFile file = GgufFile.open(Fixtures.write(folder, bytes))) {
            assertThat(file.tensor("empty").shape()).containsExactly(0L, 32L);
            assertThat(Fixtures.f32(file, "empty")).isEmpty();
            assertThat(file.tensor("scalar").shape()).isEmpty();
            assertThat(Fixtures.f32(file, "scalar")).containsExactly(1);
        }
    }

    @Test
    void the_alignment_of_the_file_holds() throws IOException {
        byte[] bytes = GgufBytes.start(2, 1)
                .key("general.alignment", GgufBytes.U32)
                .i32(4096)
                .tensor("a", 0, 0, 1)
                .tensor("b", 0, 4096, 1)
                .align(4096)
                .zeros(4096)
                .bytes(0, 0, 0x80, 0x3f)
                .get();
        try (GgufFile file = GgufFile.open(Fixtures.write(folder, bytes))) {
            assertThat(file.tensor("b").offset()).isEqualTo(8192);
            assertThat(Fixtures.f32(file, "b")).containsExactly(1);
        }
    }

    @Test
    void a_replacement_character_that_stands_in_the_file_is_text() throws IOException {
        byte[] bytes = GgufBytes.start(0, 1)
                .key("k", GgufBytes.STRING)
                .string("a\ufffdb")
                .get();
        try (GgufFile file = GgufFile.open(Fixtures.write(folder, bytes))) {
            assertThat(file.metadata().string("k")).isEqualTo("a\ufffdb");
        }
    }

    @Test
    void strings_and_arrays_longer_than_the_readers_window_are_read_whole() throws IOException {
        String longText = "é".repeat(100_000);
        List<String> words = Stream.iterate("w", word -> word.length() > 800 ? "" : word + "ü")
                .limit(5000)
                .toList();
        int[] numbers = IntStream.range(0, 50_000).toArray();
        Path path = folder.resolve("long.gguf");
        GgufWriter.write(
                path,
                Map.of(
                        "text", GgufValues.text(longText),
                        "words", GgufValues.texts(words),
                        "numbers", GgufValues.i32s(numbers)),
                List.of());
        try (GgufFile file = GgufFile.open(path)) {
            assertThat(file.metadata().string("text")).isEqualTo(longText);
            assertThat(file.metadata().strings("words")).isEqualTo(words);
            assertThat(file.metadata().integers("numbers")).hasSize(50_000).endsWith(49_998, 49_999);
        }
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }
}
