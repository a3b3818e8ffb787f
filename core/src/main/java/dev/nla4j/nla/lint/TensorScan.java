package dev.nla4j.nla.lint;

import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.TensorSource;
import java.util.List;

/// What one pass over a tensor tells, in memory that does not grow with it. Rows are runs of the last dimension.
///
/// @param nans elements that are no number
/// @param infinities infinite elements
/// @param zeros elements that are exactly 0
/// @param rows number of rows
/// @param zeroRows rows of which every element is exactly 0
/// @param largest absolute value of a finite element
record TensorScan(long elements, long nans, long infinities, long zeros, long rows, long zeroRows, float largest) {
    /// Reads a tensor of real numbers.
    static TensorScan of(TensorSource source, String name) {
        StoredTensor stored = source.tensor(name);
        List<Long> shape = stored.shape();
        long width = shape.isEmpty() ? 1 : shape.get(shape.size() - 1);
        Counter counter = new Counter(width);
        source.scanF32(name, counter);
        return counter.result(stored.elements());
    }

    boolean isZero() {
        return elements > 0 && zeros == elements;
    }

    private static final class Counter implements TensorSource.FloatPieces {
        private final long width;
        private long nans;
        private long infinities;
        private long zeros;
        private long rows;
        private long zeroRows;
        private long inRow;
        private boolean rowIsZero = true;
        private float largest;

        Counter(long width) {
            this.width = width;
        }

        @Override
        public void accept(float[] values, int count) {
            for (int i = 0; i < count; i++) {
                add(values[i]);
            }
        }

        private void add(float value) {
            if (value == 0) {
                zeros++;
            } else {
                rowIsZero = false;
                if (Float.isNaN(value)) {
                    nans++;
                } else if (Float.isInfinite(value)) {
                    infinities++;
                } else {
                    largest = Math.max(largest, Math.abs(value));
                }
            }
            if (++inRow == width) {
                rows++;
                zeroRows += rowIsZero ? 1 : 0;
                inRow = 0;
                rowIsZero = true;
            }
        }

        TensorScan result(long elements) {
            return new TensorScan(elements, nans, infinities, zeros, rows, zeroRows, largest);
        }
    }
}
