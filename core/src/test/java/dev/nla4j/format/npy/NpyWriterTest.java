package dev.nla4j.format.npy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpyWriterTest {
    /// `numpy.save` of `numpy.array([1, -2.5, 0], dtype='<f4')`, NumPy 2.
    private static final String NUMPY =
            "934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73"
                    + "652c20277368617065273a2028332c292c207d2020202020202020202020202020202020202020202020202020202020"
                    + "202020202020202020202020202020202020202020202020202020202020200a0000803f000020c000000000";

    @TempDir
    Path folder;

    @Test
    void the_bytes_are_those_numpy_writes() throws IOException {
        Path file = folder.resolve("v.npy");
        NpyWriter.write(file, new float[] {1, -2.5f, 0});
        assertThat(HexFormat.of().formatHex(Files.readAllBytes(file))).isEqualTo(NUMPY);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 9, 10, 999, 123_456})
    void numbers_begin_at_a_multiple_of_64_whatever_the_length(int length) throws IOException {
        Path file = folder.resolve("v.npy");
        NpyWriter.write(file, new float[length]);
        byte[] bytes = Files.readAllBytes(file);
        int header =
                ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).getShort(8);
        assertThat((header + 10) % 64).isZero();
        assertThat(bytes).hasSize(10 + header + 4 * length);
        assertThat(bytes[9 + header]).isEqualTo((byte) '\n');
    }
}
