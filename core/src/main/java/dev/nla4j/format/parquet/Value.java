package dev.nla4j.format.parquet;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one column of one row holds when it is written.
public sealed interface Value {
    /// The last character that Java keeps in one byte, and what each text takes besides its characters.
    int LAST_NARROW = 0xff;
    int TEXT_OVERHEAD = 56;

    /// The kind of column the value fits in.
    ColumnKind kind();

    /// About what its texts take in memory; 0 where there are none.
    default long textBytes() {
        return 0;
    }

    /// What a text takes in memory: a byte a character where all are of Latin-1, else two, and what every
    /// object costs.
    static long textBytes(String text) {
        boolean wide = false;
        for (int i = 0; i < text.length() && !wide; i++) {
            wide = text.charAt(i) > LAST_NARROW;
        }
        return TEXT_OVERHEAD + (wide ? 2L : 1L) * text.length();
    }

    /// The text, or none where there is another value or nothing.
    static String text(@Nullable Value value) {
        return value instanceof Text(String text) ? text : "";
    }

    /// The whole number, or 0 where there is another value or nothing.
    static long number(@Nullable Value value) {
        return value instanceof Int64(long number) ? number : 0;
    }

    /// The vector, or an empty one where there is another value or nothing.
    static float[] floats(@Nullable Value value) {
        return value instanceof Floats(float[] floats) ? floats : new float[0];
    }

    /// A whole number.
    record Int64(long value) implements Value {
        @Override
        public ColumnKind kind() {
            return ColumnKind.INT64;
        }
    }

    /// A text.
    record Text(String value) implements Value {
        @Override
        public long textBytes() {
            return Value.textBytes(value);
        }

        @Override
        public ColumnKind kind() {
            return ColumnKind.TEXT;
        }
    }

    /// A vector; the array is read when the row is written and not kept.
    @SuppressWarnings("ArrayRecordComponent") // a carrier from caller to writer, never compared
    record Floats(float[] values) implements Value {
        @Override
        public ColumnKind kind() {
            return ColumnKind.FLOAT_LIST;
        }
    }

    /// A conversation.
    record Messages(List<RoleContent> values) implements Value {
        public Messages {
            values = List.copyOf(values);
        }

        @Override
        public long textBytes() {
            return values.stream()
                    .mapToLong(message -> Value.textBytes(message.role()) + Value.textBytes(message.content()))
                    .sum();
        }

        @Override
        public ColumnKind kind() {
            return ColumnKind.MESSAGE_LIST;
        }
    }
}
