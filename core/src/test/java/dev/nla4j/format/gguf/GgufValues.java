package dev.nla4j.format.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// Metadata values for tests' files.
public final class GgufValues {
    private GgufValues() {}

    public static GgufValue u32(long value) {
        return new GgufValue.Whole(GgufType.U32, value);
    }

    public static GgufValue i32(int value) {
        return new GgufValue.Whole(GgufType.I32, value);
    }

    public static GgufValue f32(float value) {
        return new GgufValue.Real(GgufType.F32, value);
    }

    public static GgufValue flag(boolean value) {
        return new GgufValue.Flag(value);
    }

    public static GgufValue text(String value) {
        return new GgufValue.Text(value);
    }

    public static GgufValue texts(List<String> values) {
        return new GgufValue.Texts(values);
    }

    public static GgufValue i32s(int... values) {
        ByteBuffer buffer = littleEndian(values.length * Integer.BYTES);
        for (int value : values) {
            buffer.putInt(value);
        }
        return new GgufNumbers(GgufType.I32, buffer.array());
    }

    public static GgufValue f32s(float... values) {
        ByteBuffer buffer = littleEndian(values.length * Float.BYTES);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return new GgufNumbers(GgufType.F32, buffer.array());
    }

    public static GgufValue flags(boolean... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return new GgufNumbers(GgufType.BOOL, bytes);
    }

    private static ByteBuffer littleEndian(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
