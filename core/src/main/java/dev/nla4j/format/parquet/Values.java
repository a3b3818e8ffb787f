package dev.nla4j.format.parquet;

import dev.nla4j.format.parquet.Leaf.PhysicalType;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// The values of one page, one after the other. Only the method that fits the column's type may be called.
sealed interface Values {
    long int64();

    float float32();

    String text();

    void skip();

    /// Values written one after the other.
    final class Plain implements Values {
        private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
        private static final VarHandle LONG =
                MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

        private final Place place;
        private final PhysicalType type;
        private final byte[] bytes;
        private final int to;
        private int at;

        Plain(Place place, PhysicalType type, byte[] bytes, int from, int to) {
            this.place = place;
            this.type = type;
            this.bytes = bytes;
            this.at = from;
            this.to = to;
        }

        @Override
        public long int64() {
            return type == PhysicalType.INT32
                    ? (int) INT.get(bytes, take(Integer.BYTES))
                    : (long) LONG.get(bytes, take(Long.BYTES));
        }

        @Override
        public float float32() {
            return Float.intBitsToFloat((int) INT.get(bytes, take(Float.BYTES)));
        }

        @Override
        public String text() {
            int length = (int) INT.get(bytes, take(Integer.BYTES));
            int start = take(length);
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes, start, length))
                        .toString();
            } catch (CharacterCodingException e) {
                throw place.problem("a text is not valid UTF-8");
            }
        }

        @Override
        public void skip() {
            switch (type) {
                case INT32, FLOAT -> take(Integer.BYTES);
                case INT64, DOUBLE -> take(Long.BYTES);
                case BYTE_ARRAY -> take((int) INT.get(bytes, take(Integer.BYTES)));
                case BOOLEAN, INT96, FIXED_LEN_BYTE_ARRAY -> throw new IllegalStateException(type + " is never read");
            }
        }

        private int take(int length) {
            if (length < 0 || length > to - at) {
                throw place.problem("a value of " + Integer.toUnsignedString(length) + " bytes where " + (to - at)
                        + " bytes are left in its page");
            }
            int start = at;
            at += length;
            return start;
        }
    }

    /// Indices into a dictionary.
    record Indexed(Place place, PageDictionary dictionary, RunDecoder indices) implements Values {
        @Override
        public long int64() {
            return dictionary.int64(index());
        }

        @Override
        public float float32() {
            return dictionary.float32(index());
        }

        @Override
        public String text() {
            return dictionary.text(index());
        }

        @Override
        public void skip() {
            index();
        }

        private int index() {
            int index = indices.next();
            if (index < 0 || index >= dictionary.size()) {
                throw place.problem("dictionary index " + Integer.toUnsignedString(index) + ", the dictionary has "
                        + dictionary.size() + " entries");
            }
            return index;
        }
    }
}
