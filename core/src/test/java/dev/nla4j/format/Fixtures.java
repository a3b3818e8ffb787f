package dev.nla4j.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// Finds test files and reads tensors into arrays.
public final class Fixtures {
    private Fixtures() {}

    public static Path file(String name) {
        URL url = Objects.requireNonNull(Fixtures.class.getResource("/format/" + name), name);
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(name, e);
        }
    }

    public static Path write(Path folder, byte[] bytes) throws IOException {
        return Files.write(Files.createTempFile(folder, "file", ".bytes"), bytes);
    }

    public static float[] f32(TensorSource source, String name) {
        float[] values = new float[Math.toIntExact(source.tensor(name).elements())];
        source.readF32(name, MemorySegment.ofArray(values));
        return values;
    }

    public static short[] bf16(TensorSource source, String name) {
        short[] values = new short[Math.toIntExact(source.tensor(name).elements())];
        source.readBf16(name, MemorySegment.ofArray(values));
        return values;
    }

    public static byte[] raw(TensorSource source, String name) {
        byte[] bytes = new byte[Math.toIntExact(source.tensor(name).bytes())];
        source.readRaw(name, MemorySegment.ofArray(bytes));
        return bytes;
    }
}
