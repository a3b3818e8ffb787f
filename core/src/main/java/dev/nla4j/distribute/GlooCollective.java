package dev.nla4j.distribute;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.AllreduceOptions;
import org.bytedeco.pytorch.FileStore;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Processes of one machine that meet through a file and exchange over Gloo.
public final class GlooCollective implements Collective {
    private final int rank;
    private final int size;
    private final Duration timeout;
    private final FileStore store;
    private final ProcessGroupGloo group;

    private GlooCollective(int rank, int size, Duration timeout, FileStore store, ProcessGroupGloo group) {
        this.rank = rank;
        this.size = size;
        this.timeout = timeout;
        this.store = store;
        this.group = group;
    }

    /// Joins the group and waits until all are there.
    ///
    /// @param meeting file that exists for this group only and not before it; who starts the group deletes
    /// it afterwards
    /// @param address of the interface to exchange over, say `127.0.0.1`: nothing listens elsewhere
    /// @param timeout for joining and for every sum
    /// @throws IllegalStateException when not all came in time
    public static GlooCollective join(int rank, int size, Path meeting, String address, Duration timeout) {
        if (size < 2 || rank < 0 || rank >= size) {
            throw new IllegalArgumentException(
                    "rank: must be 0 to size - 1 and size >= 2, were " + rank + " and " + size);
        }
        try (Scope scope = Scope.noGrad()) {
            Milliseconds patience = new Milliseconds(timeout.toMillis());
            FileStore store = new FileStore(meeting.toAbsolutePath().toString(), size);
            store.setTimeout(patience);
            ProcessGroupGloo.Options options = ProcessGroupGloo.Options.create(patience);
            options.devices().push_back(ProcessGroupGloo.createDeviceForHostname(address));
            ProcessGroupGloo group = new ProcessGroupGloo(store, rank, size, options);
            return new GlooCollective(rank, size, timeout, scope.release(store), scope.release(group));
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "process " + rank + " of " + size + " could not join at " + meeting + ": " + firstLine(e), e);
        }
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int size() {
        return size;
    }

    /// One exchange for all tensors: they go through one flat bucket.
    @Override
    public void sum(List<Tensor> tensors) {
        if (tensors.isEmpty()) {
            return;
        }
        try (Scope _ = Scope.noGrad()) {
            List<Tensor> flat = new ArrayList<>();
            for (Tensor tensor : tensors) {
                if (tensor.scalar_type().intern() != ScalarType.Float) {
                    throw new IllegalArgumentException("tensors: must be fp32, one was "
                            + tensor.scalar_type().intern());
                }
                flat.add(tensor.detach().reshape(-1));
            }
            Tensor bucket = Tensors.cat(0, flat.toArray(Tensor[]::new)); // [all elements]
            exchange(bucket);
            long at = 0;
            for (Tensor tensor : tensors) {
                tensor.detach().copy_(bucket.narrow(0, at, tensor.numel()).view_as(tensor));
                at += tensor.numel();
            }
        }
    }

    @Override
    public double[] sum(double[] values) {
        try (Scope _ = Scope.noGrad()) {
            Tensor bucket = Tensors.empty(ScalarType.Double, values.length);
            java.lang.foreign.MemorySegment.copy(
                    values, 0, Tensors.memory(bucket), java.lang.foreign.ValueLayout.JAVA_DOUBLE, 0, values.length);
            exchange(bucket);
            double[] sums = new double[values.length];
            java.lang.foreign.MemorySegment.copy(
                    Tensors.memory(bucket), java.lang.foreign.ValueLayout.JAVA_DOUBLE, 0, sums, 0, sums.length);
            return sums;
        }
    }

    private void exchange(Tensor bucket) {
        try {
            AllreduceOptions options = new AllreduceOptions();
            options.timeout(new Milliseconds(timeout.toMillis()));
            Work work = group.allreduce(new TensorVector(bucket), options);
            if (!work._wait()) {
                throw new IllegalStateException("the exchange did not complete");
            }
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "process " + rank + " of " + size + ": the sum over all processes failed (another one is gone, or"
                            + " later than " + timeout.toSeconds() + " s): " + firstLine(e),
                    e);
        }
    }

    private static String firstLine(Throwable error) {
        return String.valueOf(error.getMessage()).lines().findFirst().orElse("no message");
    }

    @Override
    public void close() {
        group.close();
        store.close();
    }
}
