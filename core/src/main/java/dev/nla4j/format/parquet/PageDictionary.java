package dev.nla4j.format.parquet;

import dev.nla4j.format.parquet.Leaf.PhysicalType;
import org.jspecify.annotations.Nullable;

/// The distinct values of a column chunk.
final class PageDictionary {
    private final Place place;
    private final byte[] bytes;
    private final int size;
    private final long[] integers;
    private final float[] floats;
    private final int[] starts;
    /// Texts once they are decoded: a document's name stands in many rows, and a row may name one text many times.
    private final @Nullable String[] kept;

    /// Decodes a dictionary page, texts excepted: of these the page's bytes are kept.
    ///
    /// @param size as the page header claims
    PageDictionary(Place place, PhysicalType type, byte[] bytes, int size) {
        int least = type == PhysicalType.FIXED_LEN_BYTE_ARRAY ? Short.BYTES : Integer.BYTES;
        if (size < 0 || size > bytes.length / least) {
            throw place.problem("a dictionary of " + size + " entries in " + bytes.length + " bytes");
        }
        this.place = place;
        this.size = size;
        boolean isText = type == PhysicalType.BYTE_ARRAY;
        this.bytes = isText ? bytes : new byte[0];
        boolean isInteger = type == PhysicalType.INT64 || type == PhysicalType.INT32;
        integers = new long[isInteger ? size : 0];
        floats = new float[isText || isInteger ? 0 : size];
        starts = new int[isText ? size : 0];
        kept = new String[isText ? size : 0];
        var values = new Values.Plain(place, type, bytes, 0, bytes.length);
        for (int i = 0; i < integers.length; i++) {
            integers[i] = values.int64();
        }
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.float32();
        }
        for (int i = 0; i < starts.length; i++) {
            starts[i] = values.position();
            values.skip();
        }
    }

    int size() {
        return size;
    }

    long int64(int index) {
        return integers[index];
    }

    float float32(int index) {
        return floats[index];
    }

    String text(int index) {
        String known = kept[index];
        if (known == null) {
            known = new Values.Plain(place, PhysicalType.BYTE_ARRAY, bytes, starts[index], bytes.length).text();
            kept[index] = known;
        }
        return known;
    }
}
