package dev.nla4j.activation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Chooses the positions of a document from which activations are taken.
///
/// Candidates are the tokens from `minPosition` on that are not special, window after window. The choice depends on
/// the seed and the document's id alone, so that parts of a corpus can be extracted apart and put together.
///
/// @param minPosition the lowest index in a window, so that an activation has some context
public record PositionSampler(long seed, int minPosition, PositionsPerDocument perDocument) {
    public PositionSampler {
        if (minPosition < 0) {
            throw new IllegalArgumentException("min-position: must be at least 0, was " + minPosition);
        }
    }

    /// A token of a document's window.
    record Position(int window, int index) {}

    /// The chosen positions in the order of their rows: of the draw, as the reference writes them, or of
    /// the text when all are taken.
    List<Position> choose(String documentId, List<TokenWindow> windows) {
        List<Position> candidates = candidates(windows);
        return Arrays.stream(choose(perDocument, seed, documentId, candidates.size()))
                .mapToObj(candidates::get)
                .toList();
    }

    /// Which of a document's candidates are chosen: all where there is no limit, else as many as it says, drawn.
    public static int[] choose(PositionsPerDocument perDocument, long seed, String documentId, int candidates) {
        if (perDocument.limit().isEmpty()) {
            return IntStream.range(0, candidates).toArray();
        }
        int count = Math.min(perDocument.limit().getAsInt(), candidates);
        return PythonRandom.keyed(seed, documentId).sample(candidates, count);
    }

    private List<Position> candidates(List<TokenWindow> windows) {
        List<Position> candidates = new ArrayList<>();
        for (int w = 0; w < windows.size(); w++) {
            boolean[] special = windows.get(w).special();
            for (int i = minPosition; i < special.length; i++) {
                if (!special[i]) {
                    candidates.add(new Position(w, i));
                }
            }
        }
        return candidates;
    }
}
