package dev.nla4j.format.parquet;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.xerial.snappy.Snappy;

/// Decompresses pages whose claimed size nobody vouches for.
final class Codec {
    private static final int UNCOMPRESSED = 0;
    private static final int SNAPPY = 1;
    private static final int GZIP = 2;
    private static final int ZSTD = 6;
    private static final String[] NAMES = {"none", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw"};
    /// Snappy never shrinks further than about 22 times; zstd and gzip can, and then memory grows with real output
    /// only.
    private static final int CREDIBLE_RATIO = 64;

    private Codec() {}

    /// The `size` bytes that `length` bytes at `from` unpack to; any other number of bytes is an error.
    static byte[] unpack(Place place, int codec, byte[] bytes, int from, int length, int size) {
        try {
            byte[] out = switch (codec) {
                case UNCOMPRESSED -> Arrays.copyOfRange(bytes, from, from + length);
                case SNAPPY -> snappy(place, bytes, from, length, size);
                case GZIP -> stream(new GZIPInputStream(slice(bytes, from, length)), length, size);
                case ZSTD -> stream(new ZstdInputStreamNoFinalizer(slice(bytes, from, length)), length, size);
                default ->
                    throw place.problem("is compressed with "
                            + (codec >= 0 && codec < NAMES.length ? NAMES[codec] : "codec " + codec)
                            + ", only snappy, gzip, zstd and none can be read");
            };
            if (out.length != size) {
                throw place.problem("a page unpacks to " + out.length + " bytes, its header says " + size);
            }
            return out;
        } catch (IOException e) {
            throw place.problem("a page can't be unpacked: " + e.getMessage());
        }
    }

    private static byte[] snappy(Place place, byte[] bytes, int from, int length, int size) throws IOException {
        if (size > (long) CREDIBLE_RATIO * length || Snappy.uncompressedLength(bytes, from, length) != size) {
            throw place.problem(
                    "a page of " + length + " snappy bytes can't be the " + size + " bytes its header says");
        }
        byte[] out = new byte[size];
        Snappy.uncompress(bytes, from, length, out, 0);
        return out;
    }

    /// Up to one byte more than `size`, so that a page that is too long is seen.
    private static byte[] stream(InputStream in, int length, int size) throws IOException {
        try (in) {
            if (size > (long) CREDIBLE_RATIO * length) {
                return in.readNBytes(size + 1);
            }
            byte[] out = new byte[size];
            int read = in.readNBytes(out, 0, size);
            if (read < size) {
                return Arrays.copyOf(out, read);
            }
            return in.read() < 0 ? out : Arrays.copyOf(out, size + 1);
        }
    }

    private static InputStream slice(byte[] bytes, int from, int length) {
        return new ByteArrayInputStream(bytes, from, length);
    }
}
