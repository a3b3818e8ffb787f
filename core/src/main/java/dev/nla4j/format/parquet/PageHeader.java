package dev.nla4j.format.parquet;

import org.jspecify.annotations.Nullable;

/// What stands before a page.
///
/// @param length of the header itself
/// @param checksum of the page's bytes as they are in the file, or null
/// @param repetitionBytes bytes of repetition levels before the values, -1 where the levels bring their own length
/// @param definitionBytes as `repetitionBytes`
/// @param compressed false when the page is stored as it is, whatever the chunk's codec
record PageHeader(
        Kind kind,
        int length,
        int unpackedSize,
        int packedSize,
        @Nullable Integer checksum,
        int values,
        int encoding,
        int levelEncoding,
        int repetitionBytes,
        int definitionBytes,
        boolean compressed) {
    /// The pages there are, by their number in the format.
    enum Kind {
        DATA,
        INDEX,
        DICTIONARY,
        DATA_V2
    }

    static PageHeader read(ThriftReader in) {
        var fields = new Object() {
            int kind = -1;
            int unpacked = -1;
            int packed = -1;

            @Nullable
            Integer checksum;

            int values = -1;
            int encoding = -1;
            int levelEncoding = -1;
            int repetitionBytes = -1;
            int definitionBytes = -1;
            boolean compressed = true;
        };
        in.struct(id -> {
            switch (id) {
                case 1 -> fields.kind = in.i32("PageHeader.type");
                case 2 -> fields.unpacked = in.i32("PageHeader.uncompressed_page_size");
                case 3 -> fields.packed = in.i32("PageHeader.compressed_page_size");
                case 4 -> fields.checksum = in.i32("PageHeader.crc");
                case 5, 7 ->
                    in.nested("PageHeader.page", part -> {
                        switch (part) {
                            case 1 -> fields.values = in.i32("PageHeader.num_values");
                            case 2 -> fields.encoding = in.i32("PageHeader.encoding");
                            case 3 -> {
                                // in a dictionary page this field says whether it is sorted
                                if (id == 5) {
                                    fields.levelEncoding = in.i32("PageHeader.definition_level_encoding");
                                } else {
                                    in.skip();
                                }
                            }
                            default -> in.skip();
                        }
                    });
                case 8 ->
                    in.nested("PageHeader.page", part -> {
                        switch (part) {
                            case 1 -> fields.values = in.i32("PageHeader.num_values");
                            case 4 -> fields.encoding = in.i32("PageHeader.encoding");
                            case 5 -> fields.definitionBytes = in.i32("PageHeader.definition_levels_byte_length");
                            case 6 -> fields.repetitionBytes = in.i32("PageHeader.repetition_levels_byte_length");
                            case 7 -> fields.compressed = in.bool("PageHeader.is_compressed");
                            default -> in.skip();
                        }
                    });
                default -> in.skip();
            }
        });
        Kind[] kinds = Kind.values();
        if (fields.kind < 0 || fields.kind >= kinds.length) {
            throw in.problem("PageHeader.type", "is " + fields.kind + ", which does not exist");
        }
        return new PageHeader(
                kinds[fields.kind],
                in.position(),
                fields.unpacked,
                fields.packed,
                fields.checksum,
                fields.values,
                fields.encoding,
                fields.levelEncoding,
                fields.repetitionBytes,
                fields.definitionBytes,
                fields.compressed);
    }
}
