package dev.nla4j.format.safetensors;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.internal.Extent;
import dev.nla4j.format.internal.FileBytes;
import dev.nla4j.format.internal.OpenTensors;
import dev.nla4j.format.safetensors.HeaderParser.Entry;
import dev.nla4j.format.safetensors.HeaderParser.Header;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One safetensors file: 8 bytes of header length, a JSON header, and tensors that cover the rest exactly.
public final class SafetensorsFile extends OpenTensors {
    /// Bytes of the header's length.
    static final int PREFIX = 8;
    /// The reference's bound.
    static final long LONGEST_HEADER = 100_000_000;

    private final Map<String, String> metadata;

    private SafetensorsFile(FileBytes file, Map<String, StoredTensor> tensors, Map<String, String> metadata) {
        super(file, tensors);
        this.metadata = metadata;
    }

    /// Opens a file and proves its header and layout sound; no tensor is read yet.
    ///
    /// @throws FormatException when the file breaks the format
    public static SafetensorsFile open(Path path) {
        FileBytes file = FileBytes.open(path);
        try {
            long length = headerLength(file);
            Header header = HeaderParser.parse(file, length);
            Map<String, StoredTensor> placed = place(file, PREFIX + length, header.tensors());
            return new SafetensorsFile(file, placed, Collections.unmodifiableMap(header.metadata()));
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static long headerLength(FileBytes file) {
        if (file.size() < PREFIX + 2) {
            throw new FormatException(file.path(), 0, "size", "is " + file.size() + " bytes, which holds no header");
        }
        byte[] start = new byte[PREFIX + 1];
        file.read(0, start, start.length);
        long length = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 2 || length > LONGEST_HEADER || length > file.size() - PREFIX) {
            throw new FormatException(
                    file.path(),
                    0,
                    "header length",
                    "is " + Long.toUnsignedString(length) + ", must be 2 to "
                            + Math.min(LONGEST_HEADER, file.size() - PREFIX));
        }
        if (start[PREFIX] != '{') {
            throw new FormatException(file.path(), PREFIX, "header", "must begin with {");
        }
        return length;
    }

    /// Holds the layout against the file: no hole (nothing can hide there), no overlap, every size what its shape
    /// needs.
    private static Map<String, StoredTensor> place(FileBytes file, long dataStart, Map<String, Entry> entries) {
        List<Map.Entry<String, Entry>> sorted = entries.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(
                        Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end)))
                .toList();
        Map<String, StoredTensor> placed = LinkedHashMap.newLinkedHashMap(sorted.size());
        long end = 0;
        for (Map.Entry<String, Entry> named : sorted) {
            Entry entry = named.getValue();
            if (entry.begin() != end || entry.end() < entry.begin()) {
                throw new FormatException(
                        file.path(),
                        dataStart + end,
                        named.getKey() + ".data_offsets",
                        "are " + entry.begin() + " to " + entry.end() + ", must begin at " + end
                                + ", where the tensor before ends");
            }
            long bytes = bytes(file, named.getKey(), entry);
            if (entry.end() - entry.begin() != bytes) {
                throw new FormatException(
                        file.path(),
                        -1,
                        named.getKey() + ".data_offsets",
                        "span " + (entry.end() - entry.begin()) + " bytes, shape " + entry.shape() + " of "
                                + entry.type() + " needs " + bytes);
            }
            placed.put(
                    named.getKey(),
                    new StoredTensor(file.path(), named.getKey(), entry.type(), entry.shape(), dataStart + end, bytes));
            end = entry.end();
        }
        if (end != file.size() - dataStart) {
            throw new FormatException(
                    file.path(),
                    -1,
                    "size",
                    "tensors end at byte " + end + " of the data, the file at " + (file.size() - dataStart));
        }
        return placed;
    }

    private static long bytes(FileBytes file, String name, Entry entry) {
        try {
            return Extent.bytes(entry.type(), entry.shape());
        } catch (ArithmeticException e) {
            throw new FormatException(
                    file.path(), -1, name + ".shape", entry.shape() + " is more than any file holds", e);
        }
    }

    /// What the writer noted beside the tensors, in the file's order; `format` is usually among it.
    public Map<String, String> metadata() {
        return metadata;
    }
}
