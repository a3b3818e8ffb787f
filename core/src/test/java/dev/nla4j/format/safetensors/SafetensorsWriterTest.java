package dev.nla4j.format.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.Fixtures;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsWriterTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"every-type", "no-metadata", "no-tensors"})
    void the_file_is_byte_equal_to_what_python_saves(String name) throws IOException {
        Path python = Fixtures.file("safetensors/" + name + ".safetensors");
        Path ours = folder.resolve("ours.safetensors");
        try (SafetensorsFile file = SafetensorsFile.open(python)) {
            List<TensorToWrite> tensors = new ArrayList<>(rewritten(file));
            Collections.shuffle(tensors, new Random(1));
            SafetensorsWriter.write(ours, tensors, file.metadata());
        }
        assertThat(ours).hasSameBinaryContentAs(python);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void what_is_written_reads_back_bit_equal(long seed) throws IOException {
        Random random = new Random(seed);
        List<StoredType> types = Stream.of(StoredType.values())
                .filter(type -> type.blockSize() == 1)
                .toList();
        List<TensorToWrite> tensors = new ArrayList<>();
        List<byte[]> contents = new ArrayList<>();
        for (int i = random.nextInt(12); i >= 0; i--) {
            StoredType type = types.get(random.nextInt(types.size()));
            List<Long> shape = random.longs(random.nextInt(5), 0, 6).boxed().toList();
            long elements = shape.stream().reduce(1L, (a, b) -> a * b);
            byte[] bytes = new byte[Math.toIntExact(elements * type.blockBytes())];
            random.nextBytes(bytes);
            contents.add(bytes);
            tensors.add(TensorToWrite.ofBytes("t" + i + "\"é", type, shape, MemorySegment.ofArray(bytes)));
        }
        Map<String, String> metadata = Map.of("seed", "\u0000" + seed, "\\", "\u2028");
        Path path = folder.resolve("round.safetensors");
        SafetensorsWriter.write(path, tensors, metadata);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.metadata()).isEqualTo(metadata);
            assertThat(file.names()).hasSize(tensors.size());
            for (int i = 0; i < tensors.size(); i++) {
                StoredTensor read = file.tensor(tensors.get(i).name());
                assertThat(read.type()).isEqualTo(tensors.get(i).type());
                assertThat(read.shape()).isEqualTo(tensors.get(i).shape());
                assertThat(Fixtures.raw(file, read.name())).isEqualTo(contents.get(i));
            }
        }
    }

    @Test
    void fp32_is_rounded_to_the_wanted_type_on_the_way_out() throws IOException {
        float[] values = {1, -0.5f, 3.3895314e38f, Float.NaN, 1.00390625f};
        Path path = folder.resolve("bf16.safetensors");
        SafetensorsWriter.write(
                path,
                List.of(TensorToWrite.ofF32("x", StoredType.BF16, List.of(5L), MemorySegment.ofArray(values))),
                Map.of());
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(Fixtures.f32(file, "x")).containsExactly(1, -0.5f, 3.3895314e38f, Float.NaN, 1);
        }
    }

    @Test
    void a_source_that_writes_too_little_leaves_no_file() {
        Path path = folder.resolve("short.safetensors");
        TensorToWrite tensor =
                new TensorToWrite("x", StoredType.F32, List.of(2L), out -> out.write(ByteBuffer.allocate(7)));
        assertThatIllegalStateException()
                .isThrownBy(() -> SafetensorsWriter.write(path, List.of(tensor), Map.of()))
                .withMessageContaining("x wrote 7 bytes")
                .withMessageContaining("need 8");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void a_source_that_fails_leaves_the_old_file() throws IOException {
        Path path = Files.writeString(folder.resolve("old.safetensors"), "old");
        TensorToWrite tensor = new TensorToWrite("x", StoredType.F32, List.of(2L), out -> {
            throw new IOException("disk full");
        });
        assertThatThrownBy(() -> SafetensorsWriter.write(path, List.of(tensor), Map.of()))
                .hasMessage("disk full");
        assertThat(path).hasContent("old");
        assertThat(folder).isDirectoryNotContaining(file -> !file.equals(path));
    }

    @Test
    void what_the_format_can_not_hold_is_refused() {
        MemorySegment none = MemorySegment.ofArray(new byte[0]);
        TensorToWrite twice = TensorToWrite.ofBytes("x", StoredType.U8, List.of(0L), none);
        TensorToWrite reserved = TensorToWrite.ofBytes("__metadata__", StoredType.U8, List.of(0L), none);
        TensorToWrite quantised = TensorToWrite.ofBytes("q", StoredType.Q8_0, List.of(0L), none);
        Path path = folder.resolve("x.safetensors");
        for (List<TensorToWrite> tensors : List.of(List.of(twice, twice), List.of(reserved), List.of(quantised))) {
            assertThatIllegalArgumentException().isThrownBy(() -> SafetensorsWriter.write(path, tensors, Map.of()));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TensorToWrite.ofBytes("x", StoredType.F32, List.of(1L), none));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TensorToWrite.ofF32("x", StoredType.Q4_0, List.of(0L), none));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TensorToWrite.ofBytes("x", StoredType.Q8_0, List.of(16L), none));
    }

    private static List<TensorToWrite> rewritten(SafetensorsFile file) {
        return file.names().stream()
                .map(file::tensor)
                .map(tensor -> TensorToWrite.ofBytes(
                        tensor.name(),
                        tensor.type(),
                        tensor.shape(),
                        MemorySegment.ofArray(Fixtures.raw(file, tensor.name()))))
                .toList();
    }
}
