package dev.nla4j.activation.corpus;

import dev.nla4j.format.FormatException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Strict text: what is not valid is refused with its place, never replaced.
final class Utf8 {
    private Utf8() {}

    /// Decodes bytes that begin at `base` of `file`.
    static String decode(Path file, long base, String field, byte[] bytes, int length) {
        ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
        CharBuffer out = CharBuffer.allocate(length);
        CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(in, out, true);
        if (result.isError()) {
            throw new FormatException(file, base + in.position(), field, "is not valid UTF-8");
        }
        return out.flip().toString();
    }

    /// Whether every surrogate has its other half; JSON's escapes can produce halves that no UTF-8 file can hold.
    static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!pair) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }
}
