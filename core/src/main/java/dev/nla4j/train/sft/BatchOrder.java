package dev.nla4j.train.sft;

import dev.nla4j.tensor.Rng;
import java.util.Arrays;
import java.util.Comparator;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/// Which rows a step learns from: each row once an epoch, rows of like length together so that little is padding. A
/// pure function of the step, so that a run that goes on needs no cursor.
public final class BatchOrder {
    /// Most batches whose rows are sorted by length together: more pad less, fewer mix better. No more than an epoch
    /// has: copies of a row would be sorted next to each other, and fill a batch with a few rows.
    private static final int POOL = 8;
    /// Keeps the order of batches apart from that of rows.
    private static final long BATCHES = -1;

    private final int rows;
    private final int batch;
    private final int batches; // of a pool
    private final long seed;
    private final IntUnaryOperator length;

    /// The order of a run.
    ///
    /// @param rows of the data set, 1 or more
    /// @param batch rows a step
    /// @param length tokens of a row
    public BatchOrder(int rows, int batch, long seed, IntUnaryOperator length) {
        if (rows < 1 || batch < 1) {
            throw new IllegalArgumentException("rows and batch: must be >= 1, were " + rows + " and " + batch);
        }
        this.rows = rows;
        this.batch = batch;
        this.batches = Math.clamp(rows / batch, 1, POOL);
        this.seed = seed;
        this.length = length;
    }

    /// The rows of a step, counted from 0, the shortest first.
    public int[] at(long step) {
        long pool = step / batches;
        int[] members = new int[batches * batch];
        for (int i = 0; i < members.length; i++) {
            members[i] = row(pool * members.length + i);
        }
        int[] sorted = Arrays.stream(members)
                .boxed()
                .sorted(Comparator.comparingInt((Integer row) -> length.applyAsInt(row))
                        .thenComparingInt(row -> row))
                .mapToInt(Integer::intValue)
                .toArray();
        int place = permutation(batches, BATCHES - pool)[(int) (step % batches)];
        return Arrays.copyOfRange(sorted, place * batch, (place + 1) * batch);
    }

    /// The row at a place in the sequence of shuffled epochs.
    private int row(long place) {
        long epoch = place / rows;
        if (epoch != shuffledEpoch) {
            shuffled = permutation(rows, epoch);
            shuffledEpoch = epoch;
        }
        return shuffled[(int) (place % rows)];
    }

    private long shuffledEpoch = -1;
    private int[] shuffled = {};

    private int[] permutation(int count, long stream) {
        int[] order = IntStream.range(0, count).toArray();
        for (int i = count - 1; i > 0; i--) {
            int j = (int) (Rng.uniform(seed, stream, i) * (i + 1));
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        return order;
    }
}
