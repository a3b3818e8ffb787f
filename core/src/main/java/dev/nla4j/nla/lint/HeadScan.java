package dev.nla4j.nla.lint;

import dev.nla4j.format.TensorSource;
import java.util.HashSet;
import java.util.Set;

/// What one pass over a square value head tells; memory grows with its side only.
///
/// @param zeroRows rows of zeros only
/// @param zeroColumns columns of zeros only
/// @param identityRows rows that are exactly the identity's
/// @param repeatedRows rows equal to one before
/// @param zeros elements that are exactly 0
/// @param diagonal mean of the diagonal
/// @param smallestNorm of a row
/// @param largestNorm of a row
record HeadScan(
        int side,
        int zeroRows,
        int zeroColumns,
        int identityRows,
        int repeatedRows,
        long zeros,
        double diagonal,
        double smallestNorm,
        double largestNorm) {
    /// @param side rows and columns of the tensor
    static HeadScan of(TensorSource source, String name, int side) {
        Reader reader = new Reader(side);
        source.scanF32(name, reader);
        return reader.result();
    }

    boolean isIdentity() {
        return identityRows == side;
    }

    /// Part of the elements that are 0.
    double sparsity() {
        return (double) zeros / ((double) side * side);
    }

    private static final class Reader implements TensorSource.FloatPieces {
        private final int side;
        private final boolean[] columnHolds;
        private final Set<Long> rowsSeen = new HashSet<>();
        private int row;
        private int column;
        private int zerosInRow;
        private double square;
        private long fingerprint;
        private float onDiagonal;
        private int zeroRows;
        private int identityRows;
        private int repeatedRows;
        private long zeros;
        private double diagonal;
        private double smallest = Double.POSITIVE_INFINITY;
        private double largest;

        Reader(int side) {
            this.side = side;
            this.columnHolds = new boolean[side];
        }

        @Override
        public void accept(float[] values, int count) {
            for (int i = 0; i < count; i++) {
                add(values[i]);
            }
        }

        private void add(float value) {
            if (value == 0) {
                zerosInRow++;
            } else {
                columnHolds[column] = true;
            }
            if (column == row) {
                onDiagonal = value;
            }
            square += (double) value * value;
            fingerprint = fingerprint * 0x9E3779B97F4A7C15L + Float.floatToRawIntBits(value);
            if (++column == side) {
                endRow();
            }
        }

        private void endRow() {
            zeros += zerosInRow;
            zeroRows += zerosInRow == side ? 1 : 0;
            identityRows += zerosInRow == side - 1 && onDiagonal == 1 ? 1 : 0;
            repeatedRows += rowsSeen.add(fingerprint) || zerosInRow == side ? 0 : 1;
            diagonal += onDiagonal;
            smallest = Math.min(smallest, Math.sqrt(square));
            largest = Math.max(largest, Math.sqrt(square));
            row++;
            column = 0;
            zerosInRow = 0;
            square = 0;
            fingerprint = 0;
        }

        HeadScan result() {
            int zeroColumns = 0;
            for (boolean holds : columnHolds) {
                zeroColumns += holds ? 0 : 1;
            }
            return new HeadScan(
                    side, zeroRows, zeroColumns, identityRows, repeatedRows, zeros, diagonal / side, smallest, largest);
        }
    }
}
