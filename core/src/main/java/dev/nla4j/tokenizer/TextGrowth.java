package dev.nla4j.tokenizer;

import java.nio.charset.StandardCharsets;

/// How many times as long a text can become on its way through the steps of a `tokenizer.json`. Each step
/// may be harmless and a row of them not: sixteen that write two letters for one make 65,536 of one.
final class TextGrowth {
    /// In bytes. Three is in use: a space becomes `▁`.
    private static final double MOST = 4;
    /// UTF-16 units of the longest run, of those that a regular expression goes through again and again,
    /// that a compatibility normalization makes of one: Ⅷ becomes VIII.
    private static final int COMPATIBILITY = 4;
    /// Characters that stand for the bytes of one UTF-16 unit.
    private static final int BYTES = 3;

    private double bytes = 1;
    private double units = 1;
    private boolean asBytes;

    /// A step that writes one text for another.
    void replace(JsonField step, String pattern, String content) {
        bytes *= Math.max(1, (double) length(content) / length(pattern));
        units *= Math.max(1, (double) content.length() / pattern.length());
        if (bytes > MOST) {
            throw step.problem("lets a text grow to " + Math.ceil(bytes) + " times its bytes, with the steps before;"
                    + " supported are " + MOST);
        }
    }

    /// A Unicode normalization.
    void unicode(String form) {
        units *= form.contains("K") ? COMPATIBILITY : 1;
    }

    /// A step that writes a character for each byte.
    void beginBytes() {
        asBytes = true;
    }

    /// A step whose regular expression meets the text as it is now.
    void beginSplit() {
        if (asBytes) {
            units *= BYTES;
            asBytes = false;
        }
    }

    /// Most UTF-16 units of a text that may grow so.
    int longestText() {
        return (int) (Tokenizer.LONGEST_TEXT / units);
    }

    private static int length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
