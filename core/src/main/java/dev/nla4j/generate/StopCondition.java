package dev.nla4j.generate;

import dev.nla4j.tokenizer.Tokenizer;
import java.util.Arrays;

/// Decides after each token whether a completion is complete.
@FunctionalInterface
public interface StopCondition {
    /// Only stop ids and the length end a completion.
    StopCondition NEVER = (ids, count) -> false;

    /// Whether the completion `ids[0..count)` is complete.
    boolean isComplete(int[] ids, int count);

    /// Complete once `text` has been written.
    static StopCondition onText(Tokenizer tokenizer, String text) {
        // Only the tail can newly hold the text: as many tokens as the text has characters, at most.
        int tail = text.length() + 1;
        return (ids, count) -> tokenizer
                .decode(Arrays.copyOfRange(ids, Math.max(0, count - tail), count), true)
                .contains(text);
    }
}
