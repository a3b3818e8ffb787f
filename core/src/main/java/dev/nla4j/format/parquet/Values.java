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

    /// Strict text of bytes that lie in a page.
    private static String utf8(Place place, byte[] bytes, int start, int length) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, start, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw place.problem("a text is not valid UTF-8");
        }
    }

    /// Values written one after the other.
    final class Plain implements Values {
        private static final VarHandle SHORT =
                MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
        private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
        private static final VarHandle LONG =
                MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
        private static final VarHandle DOUBLE =
                MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

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
            return switch (type) {
                case DOUBLE -> rounded((double) DOUBLE.get(bytes, take(Double.BYTES)));
                case FIXED_LEN_BYTE_ARRAY -> Float.float16ToFloat((short) SHORT.get(bytes, take(Short.BYTES)));
                default -> Float.intBitsToFloat((int) INT.get(bytes, take(Float.BYTES)));
            };
        }

        /// As the public pipeline's `astype(np.float32)` does it.
        private float rounded(double value) {
            float rounded = (float) value;
            if (Float.isInfinite(rounded) && !Double.isInfinite(value)) {
                throw place.problem("the number " + value + " is too large for a float of 32 bits");
            }
            return rounded;
        }

        @Override
        public String text() {
            int length = (int) INT.get(bytes, take(Integer.BYTES));
            return utf8(place, bytes, take(length), length);
        }

        @Override
        public void skip() {
            switch (type) {
                case INT32, FLOAT -> take(Integer.BYTES);
                case INT64, DOUBLE -> take(Long.BYTES);
                case BYTE_ARRAY -> take((int) INT.get(bytes, take(Integer.BYTES)));
                // floats of 16 bits alone are read
                case FIXED_LEN_BYTE_ARRAY -> take(Short.BYTES);
                case BOOLEAN, INT96 -> throw new IllegalStateException(type + " is never read");
            }
        }

        /// Where the next value begins.
        int position() {
            return at;
        }

        private int take(int length) {
            requireLeft(place, length, to - at);
            int start = at;
            at += length;
            return start;
        }
    }

    private static void requireLeft(Place place, int length, int left) {
        if (length < 0 || length > left) {
            throw place.problem("a value of " + Integer.toUnsignedString(length) + " bytes where " + left
                    + " bytes are left in its page");
        }
    }

    /// Texts of which all lengths come first.
    final class Lengths implements Values {
        private final Place place;
        private final byte[] bytes;
        private final DeltaDecoder lengths;
        private int at;

        /// Texts in `bytes` from `from` on.
        Lengths(Place place, byte[] bytes, int from) {
            this.place = place;
            this.bytes = bytes;
            this.lengths = new DeltaDecoder(place, bytes, from);
            this.at = lengths.end();
        }

        @Override
        public String text() {
            int start = at;
            skip();
            return utf8(place, bytes, start, at - start);
        }

        @Override
        public void skip() {
            int length = lengths.next();
            requireLeft(place, length, bytes.length - at);
            at += length;
        }

        @Override
        public long int64() {
            throw new IllegalStateException("texts are no numbers");
        }

        @Override
        public float float32() {
            throw new IllegalStateException("texts are no numbers");
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
