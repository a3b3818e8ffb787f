package dev.nla4j.teacher;

import dev.nla4j.format.Sha256;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// In how many documents of a corpus each word occurs. Memory is bounded: words seen in one document only are dropped
/// when there are too many of them, which never touches a word frequent enough to be used.
public final class DocumentFrequencies {
    private static final int MOST_WORDS = 1 << 20;
    private static final int LONGEST_WORD = 40;

    private final Map<String, Integer> counts = new HashMap<>();
    private long documents;

    /// Counts a document's words, each once.
    ///
    /// @param contexts pieces of one document
    public void addDocument(List<String> contexts) {
        Set<String> words = new HashSet<>();
        for (String context : contexts) {
            words.addAll(ContextFacts.words(context));
        }
        documents++;
        for (String word : words) {
            if (word.length() <= LONGEST_WORD) {
                counts.merge(word, 1, Integer::sum);
            }
        }
        for (int least = 1; counts.size() > MOST_WORDS; least++) {
            int rare = least;
            counts.values().removeIf(count -> count <= rare);
        }
    }

    /// What was counted, so that a run that goes on can tell whether it is the same.
    String identity() {
        StringBuilder all = new StringBuilder();
        new TreeMap<>(counts)
                .forEach((word, count) ->
                        all.append(word).append(' ').append(count).append('\n'));
        return documents + " documents, words " + Sha256.of(all.toString()).substring(0, 8);
    }

    /// How many documents have `word`, which is in lower case.
    public int count(String word) {
        return counts.getOrDefault(word, 0);
    }

    /// Whether a word is frequent enough to be learned and rare enough to say something: 2 to 30 % of the documents,
    /// and never fewer than two of them.
    public boolean isUsable(String word) {
        int count = count(word);
        return count >= 2 && count >= 0.02 * documents && count <= 0.30 * documents;
    }
}
