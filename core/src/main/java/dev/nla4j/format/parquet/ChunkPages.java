package dev.nla4j.format.parquet;

import dev.nla4j.format.FileProblem;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.parquet.Footer.Chunk;
import dev.nla4j.format.parquet.Leaf.PhysicalType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/// The pages of one column chunk, one in memory at a time.
final class ChunkPages {
    private static final int ENCODING_PLAIN = 0;
    private static final int ENCODING_PLAIN_DICTIONARY = 2;
    private static final int ENCODING_RLE = 3;
    private static final int ENCODING_DELTA_LENGTH = 6;
    private static final int ENCODING_RLE_DICTIONARY = 8;
    /// Writers make pages of about one megabyte; a single huge text or a careless writer makes larger ones.
    private static final int LARGEST_PAGE = 256 << 20;
    /// Writers give a dictionary up at about one megabyte, but look only after a batch of values. Numbers
    /// become twice as large as they are; texts stay bytes, so that these dictionaries may be as large as
    /// pages.
    private static final int LARGEST_DICTIONARY_OF_NUMBERS = 64 << 20;
    /// Headers carry the smallest and the largest value of their page, which can be long texts.
    private static final int SMALL_HEADER = 1 << 12;
    private static final int LARGEST_HEADER = 4 << 20;

    private final Path file;
    private final FileChannel channel;
    private final Leaf leaf;
    private final Chunk chunk;
    private long at;
    private @Nullable PageDictionary dictionary;

    ChunkPages(Path file, FileChannel channel, Leaf leaf, Chunk chunk) {
        this.file = file;
        this.channel = channel;
        this.leaf = leaf;
        this.chunk = chunk;
        this.at = chunk.start();
    }

    /// The next page with values, or null after the last.
    @Nullable
    DataPage next() {
        while (at < chunk.start() + chunk.bytes()) {
            Place place = new Place(file, at, leaf.path());
            PageHeader header = header(place);
            byte[] bytes = content(place, header);
            switch (header.kind()) {
                case DATA -> {
                    return first(place, header, bytes);
                }
                case DATA_V2 -> {
                    return second(place, header, bytes);
                }
                case DICTIONARY -> readDictionary(place, header, bytes);
                case INDEX -> {}
            }
        }
        return null;
    }

    private PageHeader header(Place place) {
        long left = chunk.start() + chunk.bytes() - at;
        for (int window = SMALL_HEADER; ; window *= 32) {
            int length = (int) Math.min(left, Math.min(window, LARGEST_HEADER));
            try {
                PageHeader header = PageHeader.read(new ThriftReader(file, at, bytes(length)));
                check(place, leaf.type(), header, left);
                return header;
            } catch (FormatException e) {
                if (length == left || length == LARGEST_HEADER) {
                    throw e;
                }
            }
        }
    }

    /// @param left bytes of the chunk from the header on
    static void check(Place place, PhysicalType type, PageHeader header, long left) {
        if (header.packedSize() < 0 || header.packedSize() > left - header.length()) {
            throw place.problem("a page of " + header.packedSize() + " bytes where " + (left - header.length())
                    + " are left in its chunk");
        }
        boolean isDictionary = header.kind() == PageHeader.Kind.DICTIONARY;
        int largest = isDictionary && type != PhysicalType.BYTE_ARRAY ? LARGEST_DICTIONARY_OF_NUMBERS : LARGEST_PAGE;
        if (header.unpackedSize() < 0 || header.unpackedSize() > largest) {
            throw place.problem("a " + (isDictionary ? "dictionary" : "page") + " that unpacks to "
                    + header.unpackedSize() + " bytes, at most " + largest + " are read; "
                    + (isDictionary
                            ? "write the file without one (with pyarrow: use_dictionary=False, or a smaller write_batch_size)"
                            : "write the file with smaller pages (with pyarrow: a smaller write_batch_size)"));
        }
        // What can't be packed grows a little.
        if (header.packedSize() > largest + largest / 8) {
            throw place.problem("a page of " + header.packedSize() + " bytes that unpacks to " + header.unpackedSize());
        }
        if (header.values() < 0 && header.kind() != PageHeader.Kind.INDEX) {
            throw place.problem("a page without a valid number of values");
        }
    }

    private byte[] content(Place place, PageHeader header) {
        at += header.length();
        byte[] bytes = bytes(header.packedSize());
        at += header.packedSize();
        Integer checksum = header.checksum();
        if (checksum != null) {
            var actual = new CRC32();
            actual.update(bytes);
            if ((int) actual.getValue() != checksum) {
                throw place.problem("a page's checksum does not fit its bytes: the file is damaged");
            }
        }
        return bytes;
    }

    private void readDictionary(Place place, PageHeader header, byte[] packed) {
        if (header.encoding() != ENCODING_PLAIN && header.encoding() != ENCODING_PLAIN_DICTIONARY) {
            throw place.problem("a dictionary with encoding " + header.encoding() + ", expected plain");
        }
        byte[] bytes = Codec.unpack(place, chunk.codec(), packed, 0, packed.length, header.unpackedSize());
        dictionary = new PageDictionary(place, leaf.type(), bytes, header.values());
    }

    /// A page of version 1: everything is compressed, levels carry their length.
    private DataPage first(Place place, PageHeader header, byte[] packed) {
        byte[] bytes = Codec.unpack(place, chunk.codec(), packed, 0, packed.length, header.unpackedSize());
        if (leaf.maxDefinition() > 0 && header.levelEncoding() != ENCODING_RLE) {
            throw place.problem("levels with encoding " + header.levelEncoding() + ", only run lengths can be read");
        }
        int at = 0;
        RunDecoder repetition = null;
        if (leaf.maxRepetition() > 0) {
            int length = levelLength(place, bytes, at);
            repetition = levels(place, bytes, at + Integer.BYTES, length, leaf.maxRepetition());
            at += Integer.BYTES + length;
        }
        RunDecoder definition = null;
        if (leaf.maxDefinition() > 0) {
            int length = levelLength(place, bytes, at);
            definition = levels(place, bytes, at + Integer.BYTES, length, leaf.maxDefinition());
            at += Integer.BYTES + length;
        }
        return new DataPage(place, header.values(), repetition, definition, values(place, header, bytes, at));
    }

    /// A page of version 2: levels come first and are never compressed.
    private DataPage second(Place place, PageHeader header, byte[] packed) {
        int repetitionBytes = header.repetitionBytes();
        int definitionBytes = header.definitionBytes();
        if (repetitionBytes < 0
                || definitionBytes < 0
                || (long) repetitionBytes + definitionBytes > Math.min(packed.length, header.unpackedSize())) {
            throw place.problem("levels of " + repetitionBytes + " and " + definitionBytes + " bytes in a page of "
                    + packed.length);
        }
        int start = repetitionBytes + definitionBytes;
        byte[] bytes = Codec.unpack(
                place,
                header.compressed() ? chunk.codec() : 0,
                packed,
                start,
                packed.length - start,
                header.unpackedSize() - start);
        return new DataPage(
                place,
                header.values(),
                leaf.maxRepetition() == 0 ? null : levels(place, packed, 0, repetitionBytes, leaf.maxRepetition()),
                leaf.maxDefinition() == 0
                        ? null
                        : levels(place, packed, repetitionBytes, definitionBytes, leaf.maxDefinition()),
                values(place, header, bytes, 0));
    }

    private Values values(Place place, PageHeader header, byte[] bytes, int from) {
        return switch (header.encoding()) {
            case ENCODING_PLAIN -> new Values.Plain(place, leaf.type(), bytes, from, bytes.length);
            case ENCODING_PLAIN_DICTIONARY, ENCODING_RLE_DICTIONARY -> indexed(place, bytes, from);
            case ENCODING_DELTA_LENGTH -> {
                if (leaf.type() != PhysicalType.BYTE_ARRAY) {
                    throw place.problem("numbers with encoding " + header.encoding() + ", which is one of texts");
                }
                yield new Values.Lengths(place, bytes, from);
            }
            default ->
                throw place.problem("values with encoding " + header.encoding() + ", only plain, dictionary and delta"
                        + " lengths can be read (with pyarrow: leave out column_encoding)");
        };
    }

    private Values indexed(Place place, byte[] bytes, int from) {
        PageDictionary known = dictionary;
        if (known == null) {
            throw place.problem("refers to a dictionary that does not precede it");
        }
        // a page of nulls only may have no bytes at all
        int width = from < bytes.length ? bytes[from] & 0xff : 0;
        if (width > 32) {
            throw place.problem("dictionary indices of " + width + " bits");
        }
        int start = Math.min(from + 1, bytes.length);
        return new Values.Indexed(place, known, new RunDecoder(place, bytes, start, bytes.length, width));
    }

    private static RunDecoder levels(Place place, byte[] bytes, int from, int length, int max) {
        return new RunDecoder(place, bytes, from, from + length, Integer.SIZE - Integer.numberOfLeadingZeros(max));
    }

    private static int levelLength(Place place, byte[] bytes, int at) {
        if (bytes.length - at < Integer.BYTES) {
            throw place.problem("a page too short for its levels");
        }
        int length = ByteBuffer.wrap(bytes, at, Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt();
        if (length < 0 || length > bytes.length - at - Integer.BYTES) {
            throw place.problem(
                    "levels of " + Integer.toUnsignedString(length) + " bytes in a page of " + bytes.length);
        }
        return length;
    }

    private byte[] bytes(int length) {
        try {
            return Footer.bytes(channel, at, length);
        } catch (IOException e) {
            throw new FormatException(file, at, "column " + leaf.path(), "can't be read: " + FileProblem.reason(e), e);
        }
    }
}
