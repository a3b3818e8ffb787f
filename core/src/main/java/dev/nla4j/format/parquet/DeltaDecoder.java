package dev.nla4j.format.parquet;

/// Decodes Parquet's differences of whole numbers of 32 bits, packed in blocks; allocates nothing.
final class DeltaDecoder {
    private static final int LONGEST_VARINT = 10;

    private final Place place;
    private final byte[] bytes;
    private final int perPart;
    private final int parts;
    private final int end;
    private long left;
    private int at;
    private int value;
    private boolean first = true;
    private long least;
    private int widths;
    private int part;
    private int leftInPart;
    private int bitWidth;
    private long bit;

    /// Decodes `bytes` from `from` on; where the numbers end, they say themselves.
    DeltaDecoder(Place place, byte[] bytes, int from) {
        this.place = place;
        this.bytes = bytes;
        at = from;
        if (from >= bytes.length) {
            // a page of nulls only may have no bytes at all
            perPart = 0;
            parts = 0;
            end = from;
            return;
        }
        long block = varint();
        long blockParts = varint();
        left = varint();
        // The format asks for parts of multiples of 32 numbers. Each part's width takes a byte.
        if (blockParts < 1
                || blockParts > bytes.length
                || block < 1
                || block > Integer.MAX_VALUE
                || block % blockParts != 0
                || block / blockParts % Byte.SIZE != 0) {
            throw place.problem("lengths in blocks of " + block + " in " + blockParts + " parts");
        }
        if (left < 0) {
            throw place.problem("a number of lengths beyond 63 bits");
        }
        parts = (int) blockParts;
        perPart = (int) (block / blockParts);
        value = (int) zigzag();
        int begin = at;
        end = scan();
        at = begin;
        part = parts;
    }

    /// Where what comes behind the numbers begins.
    int end() {
        return end;
    }

    int next() {
        if (left == 0) {
            throw place.problem("has fewer lengths than texts");
        }
        left--;
        if (first) {
            first = false;
            return value;
        }
        while (leftInPart == 0) {
            nextPart();
        }
        leftInPart--;
        // differences wrap around, as writers compute them in 32 bits
        value += (int) (least + unpack());
        return value;
    }

    /// The end of the last block; a block that is not full leaves out parts that it doesn't need, but not
    /// their widths.
    private int scan() {
        for (long rest = left - 1; rest > 0; ) {
            zigzag();
            int from = at;
            at = behind(at, parts);
            for (int i = 0; i < parts && rest > 0; i++) {
                at = behind(at, (long) perPart / Byte.SIZE * width(from + i));
                rest -= perPart;
            }
        }
        return at;
    }

    private void nextPart() {
        if (part == parts) {
            least = zigzag();
            widths = at;
            at += parts;
            part = 0;
        }
        bitWidth = width(widths + part);
        bit = (long) at << 3;
        at += perPart / Byte.SIZE * bitWidth;
        leftInPart = perPart;
        part++;
    }

    private int width(int index) {
        int width = bytes[index] & 0xff;
        if (width > Integer.SIZE) {
            throw place.problem("differences of " + width + " bits");
        }
        return width;
    }

    private int behind(int from, long length) {
        if (length > bytes.length - from) {
            throw place.problem("its lengths are cut off");
        }
        return (int) (from + length);
    }

    private long unpack() {
        long unpacked = 0;
        for (int done = 0; done < bitWidth; ) {
            int offset = (int) (bit & 7);
            int take = Math.min(8 - offset, bitWidth - done);
            unpacked |= ((bytes[(int) (bit >>> 3)] & 0xffL) >>> offset & ((1L << take) - 1)) << done;
            done += take;
            bit += take;
        }
        return unpacked;
    }

    private long zigzag() {
        long number = varint();
        return (number >>> 1) ^ -(number & 1);
    }

    private long varint() {
        long number = 0;
        for (int i = 0; i < LONGEST_VARINT; i++) {
            if (at >= bytes.length) {
                throw place.problem("its lengths are cut off");
            }
            int b = bytes[at++] & 0xff;
            number |= (long) (b & 0x7f) << (7 * i);
            if (b < 0x80) {
                return number;
            }
        }
        throw place.problem("a number of more than " + LONGEST_VARINT + " bytes");
    }
}
