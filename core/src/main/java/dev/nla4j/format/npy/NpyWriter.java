package dev.nla4j.format.npy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Writes vectors as `.npy`, version 1.0 of NumPy's format: magic, length of the header, a Python literal padded with
/// spaces to a multiple of 64 bytes, then the numbers.
///
/// Format: `numpy/lib/format.py`.
public final class NpyWriter {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    private static final int ALIGNMENT = 64;

    private NpyWriter() {}

    /// Writes one vector of little-endian fp32.
    public static void write(Path file, float[] vector) throws IOException {
        String literal = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + vector.length + ",), }";
        int unpadded = MAGIC.length + Short.BYTES + literal.length() + 1;
        int padding = (ALIGNMENT - unpadded % ALIGNMENT) % ALIGNMENT;
        byte[] header = (literal + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer bytes = ByteBuffer.allocate(MAGIC.length + Short.BYTES + header.length + Float.BYTES * vector.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC).putShort((short) header.length).put(header);
        for (float value : vector) {
            bytes.putFloat(value);
        }
        Files.write(file, bytes.array());
    }
}
