package dev.nla4j.format.parquet;

import dev.nla4j.format.parquet.Leaf.PhysicalType;

/// The distinct values of a column chunk.
final class PageDictionary {
    private final int size;
    private final long[] integers;
    private final float[] floats;
    private final String[] texts;

    /// Decodes a dictionary page.
    ///
    /// @param size as the page header claims
    PageDictionary(Place place, PhysicalType type, byte[] bytes, int size) {
        // no value of any type takes less than four bytes
        if (size < 0 || size > bytes.length / 4) {
            throw place.problem("a dictionary of " + size + " entries in " + bytes.length + " bytes");
        }
        this.size = size;
        integers = new long[type == PhysicalType.INT64 || type == PhysicalType.INT32 ? size : 0];
        floats = new float[type == PhysicalType.FLOAT ? size : 0];
        texts = new String[type == PhysicalType.BYTE_ARRAY ? size : 0];
        var values = new Values.Plain(place, type, bytes, 0, bytes.length);
        for (int i = 0; i < integers.length; i++) {
            integers[i] = values.int64();
        }
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.float32();
        }
        for (int i = 0; i < texts.length; i++) {
            texts[i] = values.text();
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
        return texts[index];
    }
}
