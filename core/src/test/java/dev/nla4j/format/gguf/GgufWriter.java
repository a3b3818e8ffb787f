package dev.nla4j.format.gguf;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.internal.ByteOut;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Writes GGUF files of version 3, aligned to 32 bytes.
public final class GgufWriter {
    private static final int VERSION = 3;

    private final ByteArrayOutputStream header = new ByteArrayOutputStream();

    private GgufWriter() {}

    /// Writes metadata and tensors in the given order. The file is whole or absent.
    ///
    /// @param metadata without `general.alignment`, or with the usual one
    public static void write(Path target, Map<String, GgufValue> metadata, List<TensorToWrite> tensors)
            throws IOException {
        byte[] header = new GgufWriter().header(metadata, tensors);
        AtomicFile.write(target, temporary -> {
            try (ByteOut out = ByteOut.to(temporary)) {
                out.write(ByteBuffer.wrap(header));
                out.pad(GgufParser.USUAL_ALIGNMENT);
                for (TensorToWrite tensor : tensors) {
                    out.write(tensor);
                    out.pad(GgufParser.USUAL_ALIGNMENT);
                }
            }
        });
    }

    private byte[] header(Map<String, GgufValue> metadata, List<TensorToWrite> tensors) {
        GgufValue alignment = metadata.get(GgufParser.ALIGNMENT);
        if (alignment != null && !alignment.equals(GgufValues.u32(GgufParser.USUAL_ALIGNMENT))) {
            throw new IllegalArgumentException(GgufParser.ALIGNMENT + ": must be " + GgufParser.USUAL_ALIGNMENT);
        }
        i32(GgufParser.MAGIC);
        i32(VERSION);
        i64(tensors.size());
        i64(metadata.size());
        metadata.forEach((key, value) -> {
            if (key.isEmpty()) {
                throw new IllegalArgumentException("key: must not be empty");
            }
            text(key);
            i32(value.type().code());
            value(value);
        });
        Set<String> names = new HashSet<>();
        long offset = 0;
        for (TensorToWrite tensor : tensors) {
            if (!names.add(tensor.name())) {
                throw new IllegalArgumentException("name: must be unique, was " + tensor.name() + " twice");
            }
            tensor(tensor, offset);
            offset = Math.addExact(offset, tensor.bytes() + (-tensor.bytes() & (GgufParser.USUAL_ALIGNMENT - 1)));
        }
        return header.toByteArray();
    }

    private void tensor(TensorToWrite tensor, long offset) {
        if (tensor.shape().size() > GgufParser.MOST_DIMENSIONS) {
            throw new IllegalArgumentException("shape of " + tensor.name() + ": must have at most "
                    + GgufParser.MOST_DIMENSIONS + " dimensions, was " + tensor.shape());
        }
        text(tensor.name());
        i32(tensor.shape().size());
        tensor.shape().reversed().forEach(this::i64);
        i32(GgmlTypes.code(tensor.type()));
        i64(offset);
    }

    private void value(GgufValue value) {
        switch (value) {
            case GgufValue.Whole whole ->
                littleEndian(whole.value(), whole.type().leastBytes());
            case GgufValue.Real real
            when real.type() == GgufType.F32 -> i32(Float.floatToRawIntBits((float) real.value()));
            case GgufValue.Real real -> i64(Double.doubleToRawLongBits(real.value()));
            case GgufValue.Flag flag -> header.write(flag.value() ? 1 : 0);
            case GgufValue.Text text -> text(text.value());
            case GgufValue.Texts texts -> {
                arrayOf(GgufType.STRING, texts.values().size());
                texts.values().forEach(this::text);
            }
            case GgufValue.Nested nested -> {
                arrayOf(GgufType.ARRAY, nested.values().size());
                nested.values().forEach(this::value);
            }
            case GgufNumbers numbers -> {
                arrayOf(numbers.elementType(), numbers.size());
                byte[] bytes = new byte[numbers.bytes().remaining()];
                numbers.bytes().get(bytes);
                header.writeBytes(bytes);
            }
        }
    }

    private void arrayOf(GgufType elementType, int size) {
        i32(elementType.code());
        i64(size);
    }

    private void text(String text) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            i64(bytes.remaining());
            header.write(bytes.array(), bytes.arrayOffset(), bytes.limit());
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("text: must be whole characters, was " + text, e);
        }
    }

    private void i32(int value) {
        littleEndian(value, Integer.BYTES);
    }

    private void i64(long value) {
        littleEndian(value, Long.BYTES);
    }

    private void littleEndian(long value, int bytes) {
        header.write(
                ByteBuffer.allocate(Long.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(value)
                        .array(),
                0,
                bytes);
    }
}
