package dev.nla4j.format.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Builds GGUF files field by field, right or wrong.
final class GgufBytes {
    static final int U8 = 0;
    static final int U32 = 4;
    static final int F32 = 6;
    static final int BOOL = 7;
    static final int STRING = 8;
    static final int ARRAY = 9;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /// Magic, version 3 and the two counts.
    static GgufBytes start(long tensors, long keys) {
        return new GgufBytes().text("GGUF").i32(3).i64(tensors).i64(keys);
    }

    /// A file of one F32 tensor `t` of `elements` numbers and no metadata, but for its data.
    static GgufBytes oneTensor(long... dimensions) {
        return start(1, 0).tensor("t", 0, 0, dimensions);
    }

    GgufBytes text(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    GgufBytes bytes(int... bytes) {
        for (int b : bytes) {
            out.write(b);
        }
        return this;
    }

    GgufBytes i32(int value) {
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
        return this;
    }

    GgufBytes i64(long value) {
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
        return this;
    }

    GgufBytes string(String text) {
        return i64(text.getBytes(StandardCharsets.UTF_8).length).text(text);
    }

    /// A key and its value's type.
    GgufBytes key(String key, int type) {
        return string(key).i32(type);
    }

    /// A tensor's entry; dimensions innermost first, as in the file.
    GgufBytes tensor(String name, int type, long offset, long... dimensions) {
        string(name).i32(dimensions.length);
        for (long dimension : dimensions) {
            i64(dimension);
        }
        return i32(type).i64(offset);
    }

    /// Zeros up to a multiple of `alignment`.
    GgufBytes align(int alignment) {
        return zeros(Math.floorMod(-out.size(), alignment));
    }

    GgufBytes zeros(int count) {
        out.writeBytes(new byte[count]);
        return this;
    }

    byte[] get() {
        return out.toByteArray();
    }
}
