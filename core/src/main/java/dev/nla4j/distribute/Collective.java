package dev.nla4j.distribute;

import java.util.List;
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

    @Override
    void close();

    /// One process: sums are what they are.
    static Collective alone() {
        return Alone.INSTANCE;
    }
}
