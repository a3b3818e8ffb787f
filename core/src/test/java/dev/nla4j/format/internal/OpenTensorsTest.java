package dev.nla4j.format.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.format.Fixtures;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.gguf.GgufWriter;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Reading in pieces and by several threads: tensors larger than one piece, none a multiple of it.
class OpenTensorsTest {
    private static final int ROWS = 700;
    private static final int COLUMNS = 992;

    @TempDir
    Path folder;

    @Test
    void a_large_tensor_reads_the_same_into_a_threads_own_memory_into_shared_memory_and_into_an_array()
            throws IOException {
        float[] values = new float[ROWS * COLUMNS];
        Random random = new Random(5);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        Path path = folder.resolve("large.safetensors");
        SafetensorsWriter.write(
                path,
                List.of(TensorToWrite.ofF32(
                        "x", StoredType.F32, List.of((long) ROWS, (long) COLUMNS), MemorySegment.ofArray(values))),
                Map.of());
        try (SafetensorsFile file = SafetensorsFile.open(path);
                Arena own = Arena.ofConfined();
                Arena shared = Arena.ofShared()) {
            assertThat(Fixtures.f32(file, "x")).isEqualTo(values);
            for (Arena arena : List.of(own, shared)) {
                MemorySegment out = arena.allocate(values.length * 4L);
                file.readF32("x", out);
                assertThat(out.toArray(ValueLayout.JAVA_FLOAT)).isEqualTo(values);
                out.fill((byte) 0);
                file.readRaw("x", out);
                assertThat(out.toArray(ValueLayout.JAVA_FLOAT)).isEqualTo(values);
            }
            float[] scanned = new float[values.length];
            int[] next = {0};
            file.scanF32("x", (piece, count) -> {
                System.arraycopy(piece, 0, scanned, next[0], count);
                next[0] += count;
            });
            assertThat(scanned).isEqualTo(values);
            short[] bf16 = Fixtures.bf16(file, "x");
            for (int i = 0; i < values.length; i += 997) {
                assertThat(bf16[i]).isEqualTo(Bf16.round(values[i]));
            }
        }
    }

    @Test
    void a_large_quantised_tensor_is_the_same_as_its_rows_one_by_one() throws IOException {
        byte[] bytes = new byte[ROWS * COLUMNS / 32 * 20];
        new Random(6).nextBytes(bytes);
        for (int at = 0; at < bytes.length; at += 20) {
            bytes[at + 1] &= 0x3b; // finite scales
            bytes[at + 3] &= 0x3b;
        }
        Path path = folder.resolve("large.gguf");
        MemorySegment all = MemorySegment.ofArray(bytes);
        int rowBytes = COLUMNS / 32 * 20;
        GgufWriter.write(
                path,
                Map.of(),
                List.of(
                        TensorToWrite.ofBytes("all", StoredType.Q4_1, List.of((long) ROWS, (long) COLUMNS), all),
                        TensorToWrite.ofBytes(
                                "last",
                                StoredType.Q4_1,
                                List.of((long) COLUMNS),
                                all.asSlice((long) (ROWS - 1) * rowBytes))));
        try (GgufFile file = GgufFile.open(path)) {
            MemorySegment read = MemorySegment.ofArray(Fixtures.f32(file, "all"));
            assertThat(read.asSlice((ROWS - 1) * COLUMNS * 4L).toArray(ValueLayout.JAVA_FLOAT))
                    .isEqualTo(Fixtures.f32(file, "last"));
            MemorySegment scanned = MemorySegment.ofArray(new float[ROWS * COLUMNS]);
            long[] next = {0};
            file.scanF32("all", (piece, count) -> {
                MemorySegment.copy(MemorySegment.ofArray(piece), 0, scanned, next[0], count * 4L);
                next[0] += count * 4L;
            });
            assertThat(scanned.mismatch(read)).isEqualTo(-1);
        }
    }
}
