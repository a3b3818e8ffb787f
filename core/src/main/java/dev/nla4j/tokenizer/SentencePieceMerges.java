package dev.nla4j.tokenizer;

import dev.nla4j.format.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The merges that a SentencePiece vocabulary leaves unsaid: it joins any two neighbours whose joined text is a
/// token, the token with the highest score first. So every way to cut a token into two tokens is a merge, ranked
/// by the token's score.
final class SentencePieceMerges {
    /// Every cut of every token is looked at.
    private static final int LONGEST_TOKEN = 512;
    /// The order of other converters.
    private static final Comparator<Merge> LONGER_HALVES_FIRST = Comparator.comparingInt(Merge::leftLength)
            .thenComparingInt(Merge::rightLength)
            .reversed();
    private static final Comparator<Merge> HIGHEST_SCORE_FIRST =
            Comparator.comparingDouble(Merge::score).reversed().thenComparing(LONGER_HALVES_FIRST);
    /// Where all scores are one (converters of `tokenizer.json` write -1000), ids are still in the order of merging.
    private static final Comparator<Merge> SMALLEST_ID_FIRST =
            Comparator.comparingInt(Merge::id).thenComparing(LONGER_HALVES_FIRST);

    private SentencePieceMerges() {}

    /// One cut of the token `id`.
    record Merge(String left, String right, int leftId, int rightId, int id, float score) {
        int leftLength() {
            return left.codePointCount(0, left.length());
        }

        int rightLength() {
            return right.codePointCount(0, right.length());
        }
    }

    /// The merges of `vocabulary` in order; `file` is named in errors.
    static List<Merge> of(GgufVocabulary vocabulary, Path file) {
        Map<String, Integer> ids = HashMap.newHashMap(vocabulary.tokens().size());
        for (int id = 0; id < vocabulary.tokens().size(); id++) {
            ids.put(vocabulary.tokens().get(id), id);
        }
        List<Merge> merges = new ArrayList<>();
        for (int id = 0; id < vocabulary.tokens().size(); id++) {
            switch (vocabulary.type(id)) {
                case GgufVocabulary.CONTROL, GgufVocabulary.UNKNOWN, GgufVocabulary.BYTE -> {}
                default -> addCuts(vocabulary, id, ids, merges, file);
            }
            if (merges.size() > Vocabulary.LARGEST_ID) {
                throw new FormatException(
                        file,
                        -1,
                        GgufVocabulary.KEY + "tokens",
                        "can be cut into two tokens in more than " + Vocabulary.LARGEST_ID + " ways");
            }
        }
        boolean oneScore = merges.stream().map(Merge::score).distinct().count() == 1;
        merges.sort(oneScore ? SMALLEST_ID_FIRST : HIGHEST_SCORE_FIRST);
        return merges;
    }

    private static void addCuts(
            GgufVocabulary vocabulary, int id, Map<String, Integer> ids, List<Merge> merges, Path file) {
        String token = vocabulary.tokens().get(id);
        if (token.length() > LONGEST_TOKEN) {
            throw new FormatException(
                    file,
                    -1,
                    GgufVocabulary.KEY + "tokens",
                    "token " + id + " has " + token.length() + " characters; at most " + LONGEST_TOKEN
                            + " are allowed");
        }
        List<Merge> cuts = new ArrayList<>();
        for (int i = 1; i < token.length(); i++) {
            if (Character.isLowSurrogate(token.charAt(i))) {
                continue;
            }
            String left = token.substring(0, i);
            Integer leftId = ids.get(left);
            if (leftId == null) {
                continue;
            }
            String right = token.substring(i);
            Integer rightId = ids.get(right);
            if (rightId != null) {
                cuts.add(new Merge(
                        vocabulary.tokens().get(leftId),
                        vocabulary.tokens().get(rightId),
                        leftId,
                        rightId,
                        id,
                        vocabulary.scores().get(id)));
            }
        }
        cuts.sort(Comparator.comparingInt(Merge::leftId).thenComparingInt(Merge::rightId));
        merges.addAll(cuts);
    }
}
