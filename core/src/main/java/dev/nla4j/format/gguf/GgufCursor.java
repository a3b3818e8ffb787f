package dev.nla4j.format.gguf;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.internal.FileBytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Walks through a file's header. Nothing is allocated before the bytes it is for are known to be there.
final class GgufCursor {
    static final long LONGEST_STRING = 16 << 20;

    private static final int WINDOW = 1 << 16;
    private static final char REPLACEMENT = '\ufffd';
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final FileBytes file;
    private final long end;
    private final byte[] window = new byte[WINDOW];
    private long windowStart;
    private int windowLength;
    private int at;

    /// @param end where the walk must stop: the file's end, or the most a header may have
    GgufCursor(FileBytes file, long end) {
        this.file = file;
        this.end = end;
    }

    long position() {
        return windowStart + at;
    }

    int u8(String field) {
        return window[take(1, field)] & 0xff;
    }

    int i32(String field) {
        return (int) INT.get(window, take(4, field));
    }

    long i64(String field) {
        return (long) LONG.get(window, take(8, field));
    }

    /// A count of things of which each takes at least `leastBytes`: more than the rest of the file can hold is refused.
    int count(String field, int leastBytes, long most) {
        long start = position();
        long count = i64(field);
        long possible = Math.min(most, (end - position()) / leastBytes);
        if (count < 0 || count > possible) {
            throw new FormatException(
                    file.path(),
                    start,
                    field,
                    "counts " + Long.toUnsignedString(count) + ", must be at most " + possible
                            + " (bounded by what follows in the file)");
        }
        return Math.toIntExact(count);
    }

    /// A length and that many bytes of strict UTF-8.
    String string(String field) {
        int length = count(field, 1, LONGEST_STRING);
        long start = position();
        if (length <= WINDOW) {
            return utf8(window, take(length, field), length, start, field);
        }
        return utf8(bytes(length, field), 0, length, start, field);
    }

    /// `length` bytes, copied.
    byte[] bytes(int length, String field) {
        require(length, field);
        byte[] copy = new byte[length];
        file.read(position(), copy, length);
        windowStart = position() + length;
        windowLength = 0;
        at = 0;
        return copy;
    }

    /// Moves on by `length` bytes, which are in the window then, and returns where they begin in it.
    private int take(int length, String field) {
        require(length, field);
        if (windowLength - at < length) {
            windowStart = position();
            windowLength = (int) Math.min(WINDOW, end - windowStart);
            at = 0;
            file.read(windowStart, window, windowLength);
        }
        int start = at;
        at += length;
        return start;
    }

    private void require(long length, String field) {
        if (length > end - position()) {
            String what = end < file.size() ? "passes byte " + end + ", the most a header may have" : "is cut off";
            throw new FormatException(file.path(), position(), field, what);
        }
    }

    private String utf8(byte[] from, int start, int length, long offset, String field) {
        String text = new String(from, start, length, StandardCharsets.UTF_8);
        if (text.indexOf(REPLACEMENT) >= 0) {
            requireUtf8(ByteBuffer.wrap(from, start, length), offset, field);
        }
        return text;
    }

    /// Tells a replacement character that was written from one that stands for broken bytes.
    private void requireUtf8(ByteBuffer bytes, long offset, String field) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(bytes);
        } catch (CharacterCodingException e) {
            throw new FormatException(file.path(), offset, field, "is not valid UTF-8", e);
        }
    }
}
