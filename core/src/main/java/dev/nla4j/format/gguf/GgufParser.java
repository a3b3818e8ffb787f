package dev.nla4j.format.gguf;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.gguf.GgufMetadata.Placed;
import dev.nla4j.format.internal.Extent;
import dev.nla4j.format.internal.FileBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads a header and proves it sound: keys and values, tensors, and where their bytes lie.
final class GgufParser {
    static final String ALIGNMENT = "general.alignment";
    static final int USUAL_ALIGNMENT = 32;
    static final int MAGIC = 0x46554747;
    static final int MOST_DIMENSIONS = 4;

    /// The largest published vocabularies take some 20 MB with their merges.
    private static final long LONGEST_HEADER = 64L << 20;
    private static final int MOST_KEYS = 65_536;
    private static final int MOST_TENSORS = 65_536;
    private static final long LARGEST_ALIGNMENT = 1 << 20;
    private static final int LONGEST_KEY = 65_535;
    private static final int DEEPEST = 2;
    /// A key's length, one letter, a type and one byte of value.
    private static final int LEAST_KEY = 8 + 1 + 4 + 1;
    /// A name's length, the number of dimensions, a type and an offset.
    private static final int LEAST_TENSOR = 8 + 4 + 4 + 8;

    private final FileBytes file;
    private final GgufCursor cursor;

    private GgufParser(FileBytes file) {
        this.file = file;
        this.cursor = new GgufCursor(file, Math.min(file.size(), LONGEST_HEADER));
    }

    /// A whole header.
    record Header(GgufMetadata metadata, Map<String, StoredTensor> tensors) {}

    static Header parse(FileBytes file) {
        return new GgufParser(file).header();
    }

    private Header header() {
        magic();
        version();
        int tensorCount = cursor.count("tensor count", LEAST_TENSOR, MOST_TENSORS);
        int keyCount = cursor.count("metadata count", LEAST_KEY, MOST_KEYS);
        GgufMetadata metadata = new GgufMetadata(file.path(), keysAndValues(keyCount));
        long alignment = alignment(metadata);
        List<Described> described = new ArrayList<>(tensorCount);
        for (int i = 0; i < tensorCount; i++) {
            described.add(tensor(i));
        }
        return new Header(metadata, place(described, alignment));
    }

    private void magic() {
        int magic = cursor.i32("magic");
        if (magic != MAGIC) {
            throw new FormatException(
                    file.path(), 0, "magic", String.format("must be GGUF, was %08x", Integer.reverseBytes(magic)));
        }
    }

    private void version() {
        int version = cursor.i32("version");
        if (version != 0 && (version & 0xffff) == 0) {
            throw new FormatException(
                    file.path(), 4, "version", "the file is big-endian; only little-endian files can be read");
        }
        if (version != 2 && version != 3) {
            throw new FormatException(
                    file.path(), 4, "version", "must be 2 or 3, was " + Integer.toUnsignedString(version));
        }
    }

    private Map<String, Placed> keysAndValues(int count) {
        Map<String, Placed> values = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            long start = cursor.position();
            String key = cursor.string("key " + i);
            if (key.isEmpty() || key.length() > LONGEST_KEY) {
                throw new FormatException(
                        file.path(),
                        start,
                        "key " + i,
                        "must have 1 to " + LONGEST_KEY + " letters, had " + key.length());
            }
            long offset = cursor.position();
            GgufValue value = value(type(key), key);
            if (values.putIfAbsent(key, new Placed(offset, value)) != null) {
                throw new FormatException(file.path(), start, key, "stands there twice");
            }
        }
        return values;
    }

    private GgufType type(String field) {
        long start = cursor.position();
        int code = cursor.i32(field);
        @Nullable GgufType type = GgufType.of(code);
        if (type == null) {
            throw new FormatException(
                    file.path(), start, field, "has the unknown type " + Integer.toUnsignedString(code));
        }
        return type;
    }

    private GgufValue value(GgufType type, String key) {
        return switch (type) {
            case U8 -> new GgufValue.Whole(type, cursor.u8(key));
            case I8 -> new GgufValue.Whole(type, (byte) cursor.u8(key));
            case U16 -> new GgufValue.Whole(type, u16(key));
            case I16 -> new GgufValue.Whole(type, (short) u16(key));
            case U32 -> new GgufValue.Whole(type, cursor.i32(key) & 0xffff_ffffL);
            case I32 -> new GgufValue.Whole(type, cursor.i32(key));
            case U64, I64 -> new GgufValue.Whole(type, cursor.i64(key));
            case F32 -> new GgufValue.Real(type, Float.intBitsToFloat(cursor.i32(key)));
            case F64 -> new GgufValue.Real(type, Double.longBitsToDouble(cursor.i64(key)));
            case BOOL -> new GgufValue.Flag(flag(cursor.u8(key), key));
            case STRING -> new GgufValue.Text(cursor.string(key));
            case ARRAY -> array(key, 1);
        };
    }

    private int u16(String key) {
        int low = cursor.u8(key);
        return low | cursor.u8(key) << 8;
    }

    private boolean flag(int value, String key) {
        if (value > 1) {
            throw new FormatException(
                    file.path(), cursor.position() - 1, key, "must be 0 (false) or 1 (true), was " + value);
        }
        return value == 1;
    }

    private GgufValue array(String key, int depth) {
        GgufType element = type(key);
        int count = cursor.count(key, element.leastBytes(), Integer.MAX_VALUE);
        return switch (element) {
            case STRING -> {
                String[] texts = new String[count];
                for (int i = 0; i < count; i++) {
                    texts[i] = cursor.string(key);
                }
                yield new GgufValue.Texts(Arrays.asList(texts));
            }
            case ARRAY -> {
                if (depth == DEEPEST) {
                    throw new FormatException(
                            file.path(), cursor.position(), key, "has arrays nested deeper than " + DEEPEST);
                }
                List<GgufValue> arrays = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    arrays.add(array(key, depth + 1));
                }
                yield new GgufValue.Nested(arrays);
            }
            case BOOL -> {
                byte[] flags = cursor.bytes(count, key);
                for (byte flag : flags) {
                    flag(flag & 0xff, key);
                }
                yield new GgufNumbers(element, flags);
            }
            case U8, I8, U16, I16, U32, I32, U64, I64, F32, F64 ->
                // the count was held against the bytes that are left of a header of 64 MB
                new GgufNumbers(element, cursor.bytes(count * element.leastBytes(), key));
        };
    }

    private long alignment(GgufMetadata metadata) {
        if (!metadata.has(ALIGNMENT)) {
            return USUAL_ALIGNMENT;
        }
        long alignment = metadata.integer(ALIGNMENT, 1, LARGEST_ALIGNMENT);
        if (Long.bitCount(alignment) != 1) {
            throw new FormatException(file.path(), -1, ALIGNMENT, "must be a power of two, was " + alignment);
        }
        return alignment;
    }

    /// One tensor's entry, its place not yet checked.
    private record Described(String name, StoredType type, List<Long> shape, long offset) {}

    private Described tensor(int index) {
        String name = cursor.string("name of tensor " + index);
        long start = cursor.position();
        int dimensions = cursor.i32(name + ".dimensions");
        if (dimensions < 0 || dimensions > MOST_DIMENSIONS) {
            throw new FormatException(
                    file.path(),
                    start,
                    name,
                    "has " + Integer.toUnsignedString(dimensions) + " dimensions, at most " + MOST_DIMENSIONS
                            + " can be");
        }
        Long[] shape = new Long[dimensions];
        for (int i = dimensions - 1; i >= 0; i--) {
            shape[i] = dimension(name);
        }
        start = cursor.position();
        int code = cursor.i32(name + ".type");
        @Nullable StoredType type = GgmlTypes.type(code);
        if (type == null) {
            throw new FormatException(
                    file.path(),
                    start,
                    name,
                    "is stored as " + GgmlTypes.name(code) + "; what can be read is " + GgmlTypes.known());
        }
        return new Described(name, type, List.of(shape), cursor.i64(name + ".offset"));
    }

    private long dimension(String name) {
        long start = cursor.position();
        long dimension = cursor.i64(name + ".dimensions");
        if (dimension < 0) {
            throw new FormatException(
                    file.path(), start, name, "has the dimension " + Long.toUnsignedString(dimension));
        }
        return dimension;
    }

    /// Each tensor begins where the one before ends, rounded up to the alignment, as llama.cpp demands: so none overlap
    /// and nothing hides between them.
    private Map<String, StoredTensor> place(List<Described> described, long alignment) {
        long dataStart = roundUp(cursor.position(), alignment);
        long expected = 0;
        Map<String, StoredTensor> placed = LinkedHashMap.newLinkedHashMap(described.size());
        for (Described tensor : described) {
            if (tensor.offset() != expected) {
                throw new FormatException(
                        file.path(),
                        -1,
                        tensor.name() + ".offset",
                        "must be " + expected + " (where the tensor before ends, aligned to " + alignment + "), was "
                                + Long.toUnsignedString(tensor.offset()));
            }
            long bytes = bytes(tensor, file.size() - dataStart - expected);
            StoredTensor stored = new StoredTensor(
                    file.path(), tensor.name(), tensor.type(), tensor.shape(), dataStart + expected, bytes);
            if (placed.putIfAbsent(tensor.name(), stored) != null) {
                throw new FormatException(file.path(), -1, tensor.name(), "names two tensors");
            }
            expected = roundUp(expected + bytes, alignment);
        }
        return placed;
    }

    private long bytes(Described tensor, long left) {
        if (!Extent.isWhole(tensor.type(), tensor.shape())) {
            throw new FormatException(
                    file.path(),
                    -1,
                    tensor.name(),
                    "has shape " + tensor.shape() + ", rows of " + tensor.type() + " must be multiples of "
                            + tensor.type().blockSize());
        }
        try {
            long bytes = Extent.bytes(tensor.type(), tensor.shape());
            if (bytes > left) {
                throw new FormatException(
                        file.path(),
                        -1,
                        tensor.name(),
                        "needs " + bytes + " bytes, the file has " + Math.max(0, left) + " left for it");
            }
            return bytes;
        } catch (ArithmeticException e) {
            throw new FormatException(
                    file.path(), -1, tensor.name(), "has shape " + tensor.shape() + ", more than any file holds", e);
        }
    }

    private static long roundUp(long value, long alignment) {
        return (value + alignment - 1) & -alignment;
    }
}
