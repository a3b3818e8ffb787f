package dev.nla4j.format.parquet;

/// Decodes Parquet's hybrid of run lengths and bit packing, which holds levels and dictionary indices; allocates
/// nothing.
final class RunDecoder {
    private final Place place;
    private final byte[] bytes;
    private final int to;
    private final int bitWidth;
    private int at;
    private long left;
    private boolean packed;
    private int runValue;
    private long bitPosition;

    /// Decodes `bytes` from `from` up to `to`.
    RunDecoder(Place place, byte[] bytes, int from, int to, int bitWidth) {
        this.place = place;
        this.bytes = bytes;
        this.at = from;
        this.to = to;
        this.bitWidth = bitWidth;
    }

    int next() {
        while (left == 0) {
            nextRun();
        }
        left--;
        return packed ? unpack() : runValue;
    }

    private void nextRun() {
        long header = header();
        left = header >>> 1;
        packed = (header & 1) != 0;
        if (packed) {
            // whole groups of eight values; a last one may be cut off when its bits are not needed
            left *= 8;
            bitPosition = (long) at << 3;
            at = (int) Math.min(to, at + (left >>> 3) * bitWidth);
            return;
        }
        runValue = 0;
        for (int shift = 0; shift < bitWidth; shift += 8) {
            runValue |= unsignedByte() << shift;
        }
    }

    private int unpack() {
        int value = 0;
        for (int done = 0; done < bitWidth; ) {
            int index = (int) (bitPosition >>> 3);
            if (index >= at) {
                throw place.problem("its packed integers are cut off");
            }
            int offset = (int) (bitPosition & 7);
            int take = Math.min(8 - offset, bitWidth - done);
            value |= ((bytes[index] & 0xff) >>> offset & ((1 << take) - 1)) << done;
            done += take;
            bitPosition += take;
        }
        return value;
    }

    private long header() {
        long value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int b = unsignedByte();
            value |= (long) (b & 0x7f) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        throw place.problem("a run's header has more than 5 bytes");
    }

    private int unsignedByte() {
        if (at >= to) {
            throw place.problem("its runs of integers are cut off");
        }
        return bytes[at++] & 0xff;
    }
}
