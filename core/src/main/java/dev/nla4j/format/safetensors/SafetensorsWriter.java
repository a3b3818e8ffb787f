package dev.nla4j.format.safetensors;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.internal.ByteOut;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/// Writes safetensors files, byte-equal to what the reference implementation writes for the same tensors (and for at
/// most one metadata entry: the reference has no order for more).
public final class SafetensorsWriter {
    /// The reference escapes as little as it may, in small letters.
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonWriteFeature.ESCAPE_FORWARD_SLASHES)
            .disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
            .build();

    private SafetensorsWriter() {}

    /// Writes `tensors`, largest element type first and then by name, whatever order they are given in. The file is
    /// whole or absent.
    ///
    /// @param metadata what to note beside the tensors; without any, the header has no such entry
    public static void write(Path target, List<TensorToWrite> tensors, Map<String, String> metadata)
            throws IOException {
        List<TensorToWrite> ordered = tensors.stream()
                .sorted(Comparator.comparing(TensorToWrite::type, Dtypes.largestFirst())
                        .thenComparing(TensorToWrite::name, SafetensorsWriter::compareAsUtf8))
                .toList();
        byte[] header = header(ordered, metadata);
        AtomicFile.write(target, temporary -> {
            try (ByteOut out = ByteOut.to(temporary)) {
                out.write(ByteBuffer.allocate(SafetensorsFile.PREFIX)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(0, header.length));
                out.write(ByteBuffer.wrap(header));
                for (TensorToWrite tensor : ordered) {
                    out.write(tensor);
                }
            }
        });
    }

    private static byte[] header(List<TensorToWrite> tensors, Map<String, String> metadata) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Set<String> names = new HashSet<>();
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), bytes, JsonEncoding.UTF8)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeName("__metadata__");
                json.writeStartObject();
                metadata.forEach(json::writeStringProperty);
                json.writeEndObject();
            }
            long offset = 0;
            for (TensorToWrite tensor : tensors) {
                requireWritable(tensor, names.add(tensor.name()));
                entry(json, tensor, offset);
                offset = Math.addExact(offset, tensor.bytes());
            }
            json.writeEndObject();
        }
        while (bytes.size() % SafetensorsFile.PREFIX != 0) {
            bytes.write(' ');
        }
        if (bytes.size() > SafetensorsFile.LONGEST_HEADER) {
            throw new IllegalArgumentException(
                    "header: must be at most " + SafetensorsFile.LONGEST_HEADER + " bytes, would be " + bytes.size());
        }
        return bytes.toByteArray();
    }

    private static void requireWritable(TensorToWrite tensor, boolean isNew) {
        if (!isNew || tensor.name().equals("__metadata__")) {
            throw new IllegalArgumentException("name: must be unique and not __metadata__, was " + tensor.name());
        }
        if (!Dtypes.isWritable(tensor.type())) {
            throw new IllegalArgumentException(
                    "type of " + tensor.name() + ": must be one of " + Dtypes.known() + ", was " + tensor.type());
        }
    }

    private static void entry(JsonGenerator json, TensorToWrite tensor, long offset) {
        json.writeName(tensor.name());
        json.writeStartObject();
        json.writeStringProperty("dtype", tensor.type().name());
        json.writeName("shape");
        json.writeStartArray();
        tensor.shape().forEach(json::writeNumber);
        json.writeEndArray();
        json.writeName("data_offsets");
        json.writeStartArray();
        json.writeNumber(offset);
        json.writeNumber(offset + tensor.bytes());
        json.writeEndArray();
        json.writeEndObject();
    }

    /// The reference compares bytes of UTF-8, which is the order of code points; Java's strings compare UTF-16.
    private static int compareAsUtf8(String a, String b) {
        return Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());
    }
}
