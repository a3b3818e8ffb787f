package dev.nla4j.activation;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// Hands rows to a slow sink on a thread of its own, in their order, so that the model goes on while a row group is
/// packed and written. A bounded number waits. What the sink throws ends the next call here.
final class WriteBehind implements ShardExtraction.RowSink, AutoCloseable {
    /// Vectors of a few batches: of 8,192 numbers 64 MB.
    private static final int MOST_WAITING = 2048;

    private final ShardExtraction.RowSink sink;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("nla-writer").daemon().factory());
    private final Semaphore room = new Semaphore(MOST_WAITING);
    private volatile @Nullable Throwable failure;

    /// @param sink called on one thread; stays the caller's, and must be open until this is closed
    WriteBehind(ShardExtraction.RowSink sink) {
        this.sink = sink;
    }

    @Override
    public void accept(ActivationRow row) throws IOException {
        room.acquireUninterruptibly();
        rethrow();
        Future<?> _ = thread.submit(() -> write(row));
    }

    private void write(ActivationRow row) {
        try {
            if (failure == null) {
                sink.accept(row);
            }
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
        } finally {
            room.release();
        }
    }

    /// Waits until every row is with the sink.
    void finish() throws IOException {
        try {
            thread.submit(() -> {}).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while rows were being written", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
        rethrow();
    }

    private void rethrow() throws IOException {
        switch (failure) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    /// Waits for the row that is being written; others that wait are dropped.
    @Override
    public void close() {
        failure = failure == null ? new IllegalStateException("closed") : failure;
        thread.close();
    }
}
