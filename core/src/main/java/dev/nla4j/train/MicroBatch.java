package dev.nla4j.train;

import java.util.ArrayList;
import java.util.List;

/// A part of a batch that goes through the model at once; gradients of all parts add up before the one update.
///
/// Divide each part's **summed** loss by the count of the whole batch (tokens, or rows), never by the part's own: then
/// the accumulated gradient is the whole batch's, however it is cut.
///
/// @param from first row
/// @param to row after the last
public record MicroBatch(int from, int to) {
    public MicroBatch {
        if (from < 0 || to <= from) {
            throw new IllegalArgumentException("rows: must be from >= 0 and to > from, were " + from + " to " + to);
        }
    }

    /// Cuts `rows` rows into parts of `size`, the last one shorter.
    public static List<MicroBatch> split(int rows, int size) {
        if (rows < 1 || size < 1) {
            throw new IllegalArgumentException("micro-batch: rows and size must be >= 1, were " + rows + ", " + size);
        }
        List<MicroBatch> parts = new ArrayList<>();
        for (int from = 0; from < rows; from += size) {
            parts.add(new MicroBatch(from, Math.min(rows, from + size)));
        }
        return List.copyOf(parts);
    }

    public int rows() {
        return to - from;
    }
}
