package dev.nla4j.tokenizer;

import org.jspecify.annotations.Nullable;

/// Where each code point of a text begins in UTF-16: the native library counts code points, Java counts units.
final class CodePointOffsets {
    /// One entry a code point and one for the text's end; null when all characters are one unit.
    private final int @Nullable [] starts;

    private CodePointOffsets(int @Nullable [] starts) {
        this.starts = starts;
    }

    static CodePointOffsets of(String text) {
        int count = text.codePointCount(0, text.length());
        if (count == text.length()) {
            return new CodePointOffsets(null);
        }
        int[] starts = new int[count + 1];
        for (int i = 0; i < count; i++) {
            starts[i + 1] = starts[i] + Character.charCount(text.codePointAt(starts[i]));
        }
        return new CodePointOffsets(starts);
    }

    int utf16(int codePoint) {
        return starts == null ? codePoint : starts[codePoint];
    }
}
