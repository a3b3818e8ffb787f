package dev.nla4j.activation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A run of tokens that the model reads as a text of its own.
///
/// @param special for each token whether it is a special one
@SuppressWarnings("ArrayRecordComponent") // a carrier within extraction, never compared
record TokenWindow(int[] ids, boolean[] special) {
    /// Cuts a document: into windows of its own tokens, each behind the tokenizer's prefix, or, without
    /// `windowing`, to its beginning of at most `maxLength` tokens.
    static List<TokenWindow> cut(TokenizedText text, @Nullable Windowing windowing, int maxLength) {
        if (windowing == null) {
            return List.of(beginning(text, maxLength));
        }
        int end = text.ids().length - text.suffix();
        List<TokenWindow> windows = new ArrayList<>();
        for (long start = text.prefix(); start < end; start += windowing.stride()) {
            int from = (int) start;
            int to = (int) Math.min(end, start + windowing.window());
            windows.add(behindPrefix(text, from, to));
            if (to == end) {
                break;
            }
        }
        return windows;
    }

    /// The tokenizer's own tokens are kept on both sides, as its truncation does.
    private static TokenWindow beginning(TokenizedText text, int maxLength) {
        int[] ids = text.ids();
        if (ids.length <= maxLength) {
            return new TokenWindow(ids, text.special());
        }
        int kept = Math.max(0, maxLength - text.suffix());
        int[] cut = Arrays.copyOf(ids, maxLength);
        boolean[] special = Arrays.copyOf(text.special(), maxLength);
        System.arraycopy(ids, ids.length - (maxLength - kept), cut, kept, maxLength - kept);
        System.arraycopy(text.special(), ids.length - (maxLength - kept), special, kept, maxLength - kept);
        return new TokenWindow(cut, special);
    }

    private static TokenWindow behindPrefix(TokenizedText text, int from, int to) {
        int prefix = text.prefix();
        int[] ids = new int[prefix + to - from];
        boolean[] special = new boolean[ids.length];
        System.arraycopy(text.ids(), 0, ids, 0, prefix);
        System.arraycopy(text.ids(), from, ids, prefix, to - from);
        System.arraycopy(text.special(), 0, special, 0, prefix);
        System.arraycopy(text.special(), from, special, prefix, to - from);
        return new TokenWindow(ids, special);
    }
}
