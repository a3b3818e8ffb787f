package dev.nla4j.distribute;

import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/// A group of processes that run the same steps, each on its share of the batch. Every call is made by all of them, in
/// the same order, with tensors of the same shapes.
public sealed interface Collective extends AutoCloseable permits Alone, GlooCollective {
    /// This process's number, 0 to [#size] − 1; the first one logs and saves.
    int rank();

    int size();

    /// Replaces every tensor by its sum over all processes, in place. All processes get the same bits.
    ///
    /// Gradients of losses that are divided by the **whole** batch's count add up to the gradient of one process
    /// that has the whole batch: no division follows.
    ///
    /// @param tensors fp32, say all gradients of a role
    /// @throws IllegalStateException when a process is gone or late beyond the timeout
    void sum(List<Tensor> tensors);

    /// Sums of a few numbers over all processes: counts, losses for the log.
    double[] sum(double[] values);

    /// Whether any process says so: what one has found out holds for all.
    default boolean any(boolean mine) {
        return sum(new double[] {mine ? 1 : 0})[0] > 0;
    }

    /// Waits until all are here: none may find a checkpoint that another has only now written.
    ///
    /// @param step that this process goes on from
    /// @throws IllegalStateException when another goes on from a different one
    default void meet(long step) {
        if (sum(new double[] {step})[0] != (double) step * size()) {
            throw new IllegalStateException("the processes go on from different steps; this one from " + step);
        }
    }

    /// This process's places among `count`, 0 for the first. They are dealt in turns: of rows that come sorted by
    /// length all processes have as much to do.
    default IntStream share(int count) {
        return IntStream.range(0, count).filter(i -> i % size() == rank());
    }

    @Override
    void close();

    /// One process: sums are what they are.
    static Collective alone() {
        return Alone.INSTANCE;
    }
}
