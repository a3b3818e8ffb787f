package dev.nla4j.format.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.nla4j.format.Fixtures;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.safetensors.SafetensorsFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufWriterTest {
    private static final List<StoredType> TYPES = List.of(
            StoredType.F32,
            StoredType.F16,
            StoredType.BF16,
            StoredType.F64,
            StoredType.I8,
            StoredType.I16,
            StoredType.I32,
            StoredType.I64,
            StoredType.Q4_0,
            StoredType.Q4_1,
            StoredType.Q5_0,
            StoredType.Q5_1,
            StoredType.Q8_0,
            StoredType.Q2_K,
            StoredType.Q3_K,
            StoredType.Q4_K,
            StoredType.Q5_K,
            StoredType.Q6_K,
            StoredType.IQ4_NL,
            StoredType.IQ4_XS);

    @TempDir
    Path folder;

    @Test
    void the_file_is_byte_equal_to_what_pythons_writer_makes() throws IOException {
        Path python = Fixtures.file("gguf/written-by-python.gguf");
        Path ours = folder.resolve("ours.gguf");
        try (GgufFile file = GgufFile.open(python)) {
            GgufWriter.write(ours, values(file), rewritten(file));
        }
        assertThat(ours).hasSameBinaryContentAs(python);
    }

    @ParameterizedTest
    @EnumSource(names = {"Q8_0", "F16", "BF16"})
    void fp32_is_stored_as_the_reference_quantises_it(StoredType type) throws IOException {
        Path path = folder.resolve("q.gguf");
        try (SafetensorsFile reference = SafetensorsFile.open(Fixtures.file("gguf/quantising.safetensors"))) {
            MemorySegment source = MemorySegment.ofArray(Fixtures.f32(reference, "source"));
            GgufWriter.write(path, Map.of(), List.of(TensorToWrite.ofF32("x", type, List.of(8L, 64L), source)));
            try (GgufFile file = GgufFile.open(path)) {
                assertThat(Fixtures.raw(file, "x")).isEqualTo(Fixtures.raw(reference, type.name()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void what_is_written_reads_back_bit_equal(long seed) throws IOException {
        Random random = new Random(seed);
        List<TensorToWrite> tensors = new ArrayList<>();
        List<byte[]> contents = new ArrayList<>();
        for (int i = random.nextInt(12); i >= 0; i--) {
            StoredType type = TYPES.get(random.nextInt(TYPES.size()));
            List<Long> shape = new ArrayList<>(
                    random.longs(random.nextInt(4), 0, 4).boxed().toList());
            shape.add((long) type.blockSize() * random.nextInt(3));
            long blocks = shape.stream().reduce(1L, (a, b) -> a * b) / type.blockSize();
            byte[] bytes = new byte[Math.toIntExact(blocks * type.blockBytes())];
            random.nextBytes(bytes);
            contents.add(bytes);
            tensors.add(TensorToWrite.ofBytes("t" + i, type, shape, MemorySegment.ofArray(bytes)));
        }
        Map<String, GgufValue> values = new LinkedHashMap<>();
        for (int i = random.nextInt(20); i >= 0; i--) {
            values.put("k" + i, anyValue(random));
        }
        Path path = folder.resolve("round.gguf");
        GgufWriter.write(path, values, tensors);
        try (GgufFile file = GgufFile.open(path)) {
            assertThat(values(file)).containsExactlyEntriesOf(values);
            assertThat(file.names()).hasSize(tensors.size());
            for (int i = 0; i < tensors.size(); i++) {
                StoredTensor read = file.tensor(tensors.get(i).name());
                assertThat(read.type()).isEqualTo(tensors.get(i).type());
                assertThat(read.shape()).isEqualTo(tensors.get(i).shape());
                assertThat(read.offset() % 32).isZero();
                assertThat(Fixtures.raw(file, read.name())).isEqualTo(contents.get(i));
            }
        }
    }

    @Test
    void what_the_format_can_not_hold_is_refused_and_leaves_no_file() {
        Path path = folder.resolve("x.gguf");
        MemorySegment none = MemorySegment.ofArray(new byte[0]);
        TensorToWrite unsigned = TensorToWrite.ofBytes("u", StoredType.U8, List.of(0L), none);
        TensorToWrite twice = TensorToWrite.ofBytes("x", StoredType.F32, List.of(0L), none);
        TensorToWrite deep = TensorToWrite.ofBytes("x", StoredType.F32, List.of(0L, 1L, 1L, 1L, 1L), none);
        for (List<TensorToWrite> tensors : List.of(List.of(unsigned), List.of(twice, twice), List.of(deep))) {
            assertThatIllegalArgumentException().isThrownBy(() -> GgufWriter.write(path, Map.of(), tensors));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GgufWriter.write(path, Map.of("general.alignment", GgufValues.u32(64)), List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GgufWriter.write(path, Map.of("", GgufValues.u32(1)), List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GgufWriter.write(path, Map.of("k", GgufValues.text("\ud800")), List.of()));
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e8f})
    void a_number_that_q8_0_would_turn_into_another_is_refused(float value) {
        float[] values = new float[32];
        values[17] = value;
        TensorToWrite tensor = TensorToWrite.ofF32("x", StoredType.Q8_0, List.of(32L), MemorySegment.ofArray(values));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GgufWriter.write(folder.resolve("x.gguf"), Map.of(), List.of(tensor)))
                .withMessageContaining("tensor x: Q8_0 holds finite numbers");
    }

    @Test
    void a_value_must_fit_its_type() {
        assertThatIllegalArgumentException().isThrownBy(() -> GgufValues.u32(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new GgufValue.Whole(GgufType.I8, 128));
        assertThatIllegalArgumentException().isThrownBy(() -> new GgufValue.Whole(GgufType.F32, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new GgufValue.Real(GgufType.F32, 0.1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GgufValue.Nested(List.of(new GgufValue.Nested(List.of()))));
    }

    private static GgufValue anyValue(Random random) {
        return switch (random.nextInt(9)) {
            case 0 -> GgufValues.u32(random.nextLong(1L << 32));
            case 1 -> GgufValues.i32(random.nextInt());
            case 2 -> new GgufValue.Whole(GgufType.U64, random.nextLong());
            case 3 -> GgufValues.f32(random.nextFloat());
            case 4 -> new GgufValue.Real(GgufType.F64, random.nextGaussian());
            case 5 -> GgufValues.text("é".repeat(random.nextInt(50)));
            case 6 -> GgufValues.texts(List.of("a", "", "日" + random.nextInt()));
            case 7 -> GgufValues.i32s(random.ints(random.nextInt(9)).toArray());
            default ->
                new GgufValue.Nested(List.of(GgufValues.f32s(random.nextFloat()), GgufValues.texts(List.of("x"))));
        };
    }

    private static Map<String, GgufValue> values(GgufFile file) {
        Map<String, GgufValue> values = new LinkedHashMap<>();
        file.metadata()
                .keys()
                .forEach(key -> values.put(key, file.metadata().value(key).orElseThrow()));
        return values;
    }

    private static List<TensorToWrite> rewritten(GgufFile file) {
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
