package dev.nla4j.nla.lint;

import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.TensorSource;
import java.util.BitSet;
import java.util.List;

/// What one pass over a tensor tells, in memory for no more than a row. Rows are runs of the last dimension.
///
/// @param nans elements that are no number
/// @param infinities infinite elements
/// @param zeros elements that are exactly 0
/// @param rows number of rows
/// @param zeroRows rows of which every element is exactly 0
/// @param columns number of columns
/// @param zeroColumns columns of which every element is exactly 0; not counted in rows wider than any model's
/// @param largest absolute value of a finite element
record TensorScan(
        long elements,
        long nans,
        long infinities,
        long zeros,
        long rows,
        long zeroRows,
        long columns,
        long zeroColumns,
        float largest) {
    /// Of a tensor that has no real numbers.
    static final TensorScan NOTHING = new TensorScan(0, 0, 0, 0, 0, 0, 0, 0, 0);

    private static final int WIDEST = 1 << 20;

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
        private final BitSet columns = new BitSet(); // that hold more than zeros
        private long empty; // columns that are not among them
        private long nans;
        private long infinities;
        private long zeros;
        private long rows;
        private long zeroRows;
        private int inRow;
        private boolean rowIsZero = true;
        private float largest;

        Counter(long width) {
            this.width = width;
            this.empty = width <= WIDEST ? width : 0;
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
                if (empty > 0 && !columns.get(inRow)) {
                    columns.set(inRow);
                    empty--;
                }
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
            return new TensorScan(elements, nans, infinities, zeros, rows, zeroRows, width, empty, largest);
        }
    }
}
