package dev.nla4j.generate;

import dev.nla4j.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/// Decides after each token whether a completion is complete.
@FunctionalInterface
public interface StopCondition {
    /// Only stop ids and the length end a completion.
    StopCondition NEVER = (ids, count) -> false;

    /// Whether the completion `ids[0..count)` is complete.
    boolean isComplete(int[] ids, int count);

    /// Complete once `text` has been written; special tokens are no part of what is written.
    static StopCondition onText(Tokenizer tokenizer, String text) {
        Set<Integer> special = tokenizer.specials().ids();
        // Only the tail can newly hold the text: as many tokens as the text has bytes, at most, and one that begins
        // before it.
        int tail = text.getBytes(StandardCharsets.UTF_8).length + 1;
        return (ids, count) -> {
            int from = count;
            for (int written = 0; from > 0 && written < tail; from--) {
                written += special.contains(ids[from - 1]) ? 0 : 1;
            }
            return tokenizer.decode(Arrays.copyOfRange(ids, from, count), true).contains(text);
        };
    }
}
