package dev.nla4j.format.safetensors;

import static dev.nla4j.format.safetensors.BrokenSafetensors.entry;
import static dev.nla4j.format.safetensors.BrokenSafetensors.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.nla4j.format.Fixtures;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.StoredType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
    private static final Path EVERY_TYPE = Fixtures.file("safetensors/every-type.safetensors");

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> a_file_that_breaks_the_format_is_refused_with_the_reason() {
        return BrokenSafetensors.all().entrySet().stream()
                .map(broken -> DynamicTest.dynamicTest(broken.getKey(), () -> {
                    Path path = Fixtures.write(folder, broken.getValue().bytes());
                    assertThatThrownBy(() -> SafetensorsFile.open(path).close())
                            .isInstanceOf(FormatException.class)
                            .hasMessageContaining(path.toString())
                            .hasMessageContaining(broken.getValue().says())
                            .message()
                            .doesNotContain("\n");
                }));
    }

    @Test
    void what_python_saved_is_read_with_types_shapes_and_metadata() {
        try (SafetensorsFile file = SafetensorsFile.open(EVERY_TYPE)) {
            assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
            assertThat(file.names()).hasSize(20).contains("naïve 日本 🚀", "quote\"back\\slash/\n\t\u0001\u001f\u007f");
            assertThat(file.tensor("bf").type()).isEqualTo(StoredType.BF16);
            assertThat(file.tensor("bf").shape()).containsExactly(3L, 5L);
            assertThat(file.tensor("scalar").shape()).isEmpty();
            assertThat(Fixtures.f32(file, "scalar")).containsExactly(2.5f);
            assertThat(file.tensor("empty").shape()).containsExactly(0L, 4L);
            assertThat(Fixtures.f32(file, "empty")).isEmpty();
            assertThat(Fixtures.bf16(file, "empty")).isEmpty();
            assertThat(Fixtures.raw(file, "empty")).isEmpty();
            assertThat(Fixtures.raw(file, "flags")).containsExactly(1, 0, 1);
            assertThat(Fixtures.raw(file, "i16")).containsExactly(-2, -1, -1, -1, 0, 0, 1, 0);
        }
    }

    @Test
    void fields_the_format_does_not_know_are_passed_over_as_the_reference_does() throws IOException {
        String header = "{\"a\":{\"dtype\":\"U8\",\"new\":{\"x\":[1,{}]},\"shape\":[1],\"data_offsets\":[0,1]}}  \n";
        try (SafetensorsFile file = SafetensorsFile.open(Fixtures.write(folder, file(header, 1)))) {
            assertThat(file.names()).containsExactly("a");
        }
    }

    @Test
    void tensors_may_stand_in_any_order_in_the_header() throws IOException {
        String header = "{\"b\":" + entry("U8", "[2]", "[1,3]") + ",\"a\":" + entry("U8", "[1]", "[0,1]") + "}";
        try (SafetensorsFile file = SafetensorsFile.open(Fixtures.write(folder, file(header, 3)))) {
            assertThat(file.names()).containsExactly("a", "b");
        }
    }

    @Test
    void integers_and_booleans_are_not_read_as_real_numbers() {
        try (SafetensorsFile file = SafetensorsFile.open(EVERY_TYPE)) {
            for (String name : List.of("u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "flags")) {
                MemorySegment out = MemorySegment.ofArray(new byte[64]);
                assertThatThrownBy(() -> file.readF32(name, out)).isInstanceOf(InputException.class);
                assertThatThrownBy(() -> file.readBf16(name, out))
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining(name)
                        .hasMessageContaining("real numbers");
            }
        }
    }

    @Test
    void a_missing_tensor_is_named_with_some_of_those_that_are_there() {
        try (SafetensorsFile file = SafetensorsFile.open(EVERY_TYPE)) {
            assertThatThrownBy(() -> file.tensor("lm_head\nweight"))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("has no tensor lm_head\\u000aweight; it holds 20, such as u64");
        }
    }

    @Test
    void a_target_of_the_wrong_size_is_a_bug_and_not_an_overrun() {
        try (SafetensorsFile file = SafetensorsFile.open(EVERY_TYPE)) {
            for (int bytes : new int[] {0, 23, 25}) {
                MemorySegment out = MemorySegment.ofArray(new byte[bytes]);
                assertThatIllegalArgumentException().isThrownBy(() -> file.readF32("w.f32", out));
                assertThatIllegalArgumentException().isThrownBy(() -> file.readRaw("w.f32", out));
            }
            MemorySegment readOnly = MemorySegment.ofArray(new byte[24]).asReadOnly();
            assertThatIllegalArgumentException().isThrownBy(() -> file.readF32("w.f32", readOnly));
        }
    }

    @Test
    void a_file_cut_after_it_was_opened_is_an_error_and_not_a_crash() throws IOException {
        Path path = Files.copy(EVERY_TYPE, folder.resolve("cut.safetensors"));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                channel.truncate(Files.size(path) - 1);
            }
            String last = List.copyOf(file.names()).getLast();
            assertThatThrownBy(() -> Fixtures.raw(file, last))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("ended here");
        }
    }

    @Test
    void a_closed_file_says_so() {
        SafetensorsFile file = SafetensorsFile.open(EVERY_TYPE);
        file.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> Fixtures.raw(file, "u8"))
                .withMessageContaining("closed");
    }

    @Test
    void what_is_no_file_is_refused() {
        assertThatThrownBy(() -> SafetensorsFile.open(folder)).hasMessageContaining("is not a regular file");
        assertThatThrownBy(() -> SafetensorsFile.open(folder.resolve("none"))).hasMessageContaining("does not exist");
    }

    @Test
    void a_header_with_too_many_tensors_or_notes_is_refused() throws IOException {
        Path tensors = Fixtures.write(folder, manyTensors(HeaderParser.MOST_TENSORS + 1));
        assertThatThrownBy(() -> SafetensorsFile.open(tensors)).hasMessageContaining("more than 100000 tensors");
        StringBuilder notes = new StringBuilder("{\"__metadata__\":{\"x\":\"\"");
        for (int i = 0; i < HeaderParser.MOST_METADATA; i++) {
            notes.append(",\"").append(i).append("\":\"\"");
        }
        Path metadata = Fixtures.write(folder, file(notes + "}}", 0));
        assertThatThrownBy(() -> SafetensorsFile.open(metadata)).hasMessageContaining("more than 10000 entries");
    }

    @Test
    void a_hostile_header_makes_us_allocate_in_proportion_to_its_size() throws IOException {
        Path many = Fixtures.write(folder, manyTensors(HeaderParser.MOST_TENSORS));
        Path longNote = Fixtures.write(folder, file("{\"__metadata__\":{\"k\":\"" + "é".repeat(4_000_000) + "\"}}", 0));
        Path longList = Fixtures.write(folder, file("{\"a\":{\"x\":[" + "1,".repeat(8_000_000) + "1]}}", 0));
        assertThat(allocatedBy(() -> SafetensorsFile.open(many).close())).isLessThan(20 * Files.size(many));
        assertThat(allocatedBy(() -> SafetensorsFile.open(longNote).close())).isLessThan(10 * Files.size(longNote));
        assertThat(allocatedBy(() -> assertThatThrownBy(() -> SafetensorsFile.open(longList))))
                .isLessThan(2 * Files.size(longList));
    }

    private static byte[] manyTensors(int count) {
        StringBuilder header = new StringBuilder("{\"x\":" + entry("U8", "[0]", "[0,0]"));
        for (int i = 1; i < count; i++) {
            header.append(",\"").append(i).append("\":").append(entry("U8", "[0]", "[0,0]"));
        }
        return file(header + "}", 0);
    }

    private static long allocatedBy(Runnable work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
