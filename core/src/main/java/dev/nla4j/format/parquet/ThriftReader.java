package dev.nla4j.format.parquet;

import dev.nla4j.format.FormatException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Pulls values out of Thrift's compact encoding, in which Parquet writes its footer and page headers.
///
/// Nothing is allocated by a count the bytes don't back: an element takes at least one byte, so no count
/// exceeds what is left.
final class ThriftReader {
    static final int TRUE = 1;
    static final int FALSE = 2;
    static final int BYTE = 3;
    static final int I16 = 4;
    static final int I32 = 5;
    static final int I64 = 6;
    static final int DOUBLE = 7;
    static final int BINARY = 8;
    static final int LIST = 9;
    static final int SET = 10;
    static final int MAP = 11;
    static final int STRUCT = 12;
    static final int UUID = 13;

    private static final int DEEPEST = 16;

    private final Path file;
    private final long base;
    private final byte[] bytes;
    private int at;
    private int type;
    private int field;

    /// @param base where `bytes` begin in the file
    ThriftReader(Path file, long base, byte[] bytes) {
        this.file = file;
        this.base = base;
        this.bytes = bytes;
    }

    /// Handles one field of a struct; must consume its value or call [#skip].
    @FunctionalInterface
    interface FieldHandler {
        void field(int id);
    }

    /// Bytes consumed so far.
    int position() {
        return at;
    }

    /// Reads a struct's fields up to its end.
    void struct(FieldHandler handler) {
        int id = 0;
        while (true) {
            int header = unsignedByte("field header");
            if (header == 0) {
                return;
            }
            int delta = header >>> 4;
            id = delta == 0 ? (short) zigzag("field id") : id + delta;
            type = header & 0x0f;
            field = id;
            handler.field(id);
        }
    }

    /// The value of a nested struct field.
    void nested(String name, FieldHandler handler) {
        expect(name, STRUCT);
        struct(handler);
    }

    /// An i32 (or smaller) field.
    int i32(String name) {
        long value = i64(name);
        if (value != (int) value) {
            throw problem(name, "is " + value + ", too large for 32 bits");
        }
        return (int) value;
    }

    /// A field of any integer type.
    long i64(String name) {
        if (type == BYTE) {
            return (byte) unsignedByte(name);
        }
        if (type != I16 && type != I32 && type != I64) {
            throw problem(name, "has Thrift type " + type + ", expected an integer");
        }
        return zigzag(name);
    }

    boolean bool(String name) {
        if (type != TRUE && type != FALSE) {
            throw problem(name, "has Thrift type " + type + ", expected a boolean");
        }
        return type == TRUE;
    }

    String text(String name) {
        expect(name, BINARY);
        int length = length(name);
        String text = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length;
        return text;
    }

    /// A list of structs; `element` reads one with [#struct].
    <T> List<T> structs(String name, Supplier<T> element) {
        expect(name, LIST);
        int header = unsignedByte(name);
        int count = count(name, header);
        if (count > 0 && (header & 0x0f) != STRUCT) {
            throw problem(name, "holds Thrift type " + (header & 0x0f) + ", expected structs");
        }
        List<T> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(element.get());
        }
        return values;
    }

    /// Passes over the current field's value.
    void skip() {
        skip(type, 0, true);
    }

    FormatException problem(String name, String problem) {
        return new FormatException(file, base + at, name, problem);
    }

    private void skip(int kind, int depth, boolean inField) {
        if (depth > DEEPEST) {
            throw problem("field " + field, "is nested deeper than " + DEEPEST);
        }
        switch (kind) {
            case TRUE, FALSE -> advance(inField ? 0 : 1);
            case BYTE -> advance(1);
            case I16, I32, I64 -> varint("field " + field);
            case DOUBLE -> advance(8);
            case UUID -> advance(16);
            case BINARY -> advance(length("field " + field));
            case LIST, SET -> skipList(depth);
            case MAP -> skipMap(depth);
            case STRUCT -> skipStruct(depth);
            default -> throw problem("field " + field, "has Thrift type " + kind + ", which does not exist");
        }
    }

    private void skipList(int depth) {
        int header = unsignedByte("list");
        int count = count("list", header);
        for (int i = 0; i < count; i++) {
            skip(header & 0x0f, depth + 1, false);
        }
    }

    private void skipMap(int depth) {
        int count = checkCount("map", varint("map"));
        if (count == 0) {
            return;
        }
        int types = unsignedByte("map");
        for (int i = 0; i < count; i++) {
            skip(types >>> 4, depth + 1, false);
            skip(types & 0x0f, depth + 1, false);
        }
    }

    private void skipStruct(int depth) {
        while (true) {
            int header = unsignedByte("field header");
            if (header == 0) {
                return;
            }
            if (header >>> 4 == 0) {
                zigzag("field id");
            }
            skip(header & 0x0f, depth + 1, true);
        }
    }

    private void expect(String name, int wanted) {
        if (type != wanted) {
            throw problem(name, "has Thrift type " + type + ", expected " + wanted);
        }
    }

    private int count(String name, int header) {
        int small = header >>> 4;
        return checkCount(name, small == 15 ? varint(name) : small);
    }

    private int checkCount(String name, long count) {
        if (count < 0 || count > bytes.length - at) {
            throw problem(name, "claims " + count + " elements where " + (bytes.length - at) + " bytes are left");
        }
        return (int) count;
    }

    private int length(String name) {
        long length = varint(name);
        if (length < 0 || length > bytes.length - at) {
            throw problem(name, "claims " + length + " bytes where " + (bytes.length - at) + " are left");
        }
        return (int) length;
    }

    private void advance(int count) {
        if (count > bytes.length - at) {
            throw problem("field " + field, "is cut off");
        }
        at += count;
    }

    private int unsignedByte(String name) {
        if (at >= bytes.length) {
            throw problem(name, "is cut off");
        }
        return bytes[at++] & 0xff;
    }

    private long zigzag(String name) {
        long n = varint(name);
        return (n >>> 1) ^ -(n & 1);
    }

    private long varint(String name) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int b = unsignedByte(name);
            value |= (long) (b & 0x7f) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        throw problem(name, "is a number of more than 10 bytes");
    }
}
