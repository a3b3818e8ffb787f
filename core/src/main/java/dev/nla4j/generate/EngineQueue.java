package dev.nla4j.generate;

import dev.nla4j.model.Decoder;
import dev.nla4j.model.DrawableIds;
import dev.nla4j.model.Prefix;
import dev.nla4j.tensor.InsufficientMemoryException;
import dev.nla4j.tensor.ProcessMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The engine for many callers: one thread owns libtorch and writes for all of them, requests wait in one bounded
/// queue, ids stream out as they are drawn. A request that fails, is cancelled or runs out of time leaves its row
/// before the next step; the others do not notice.
public final class EngineQueue implements AutoCloseable {
    private static final Duration IDLE = Duration.ofMillis(200);
    private static final String CLOSED = "the engine is closed";
    private static final String WAS_CLOSED = "the engine was closed";
    /// Longer than any request takes, and no overflow when added to now.
    private static final Duration LONGEST = Duration.ofDays(365);

    private final Decoder decoder;
    private final @Nullable Prefix prefix;
    private final Limits limits;
    private final BlockingQueue<Row> waiting;
    private final Rows rows;
    private final Thread thread;
    /// What requests hear that the engine's end meets.
    private volatile RuntimeException end = new RejectedExecutionException(WAS_CLOSED);

    private volatile boolean closed;
    private volatile int live;

    /// How much is taken on.
    ///
    /// @param rows written at the same time
    /// @param tokensPerRow most tokens of a request: its prompt's own and the new ones
    /// @param waiting requests that may wait; more are refused
    public record Limits(int rows, int tokensPerRow, int waiting) {
        public Limits {
            if (rows < 1 || tokensPerRow < 2 || waiting < 1) {
                throw new IllegalArgumentException("limits: rows and waiting must be 1 or more and tokens per row 2 or "
                        + "more, were " + rows + ", " + waiting + ", " + tokensPerRow);
            }
        }
    }

    /// Hears ids as they are drawn, on the engine's thread: hand them on quickly. An exception ends the request.
    @FunctionalInterface
    public interface Stream {
        void drawn(int id, float logProbability);
    }

    /// A submitted request.
    public static final class Ticket {
        private final CompletableFuture<Completion> result = new CompletableFuture<>();
        private final Row row;

        private Ticket(Request request, Stream stream, @Nullable Long deadline) {
            this.row = new Row(
                    request,
                    new Row.Observer() {
                        @Override
                        public void drawn(int id, float logProbability) {
                            stream.drawn(id, logProbability);
                        }

                        @Override
                        public void ended(Completion completion) {
                            result.complete(completion);
                        }

                        @Override
                        public void failed(RuntimeException reason) {
                            result.completeExceptionally(reason);
                        }
                    },
                    deadline);
            // Whoever cancels the future does not want the row either.
            CompletableFuture<Completion> _ = result.whenComplete((_, _) -> row.cancel());
        }

        /// What was written; ends exceptionally with what the request failed with.
        public CompletableFuture<Completion> result() {
            return result;
        }

        /// Ends the request before the engine's next step, with what was drawn until then.
        public void cancel() {
            row.cancel();
        }
    }

    /// Starts the engine's thread.
    ///
    /// @param prefix what every request's prompt begins with, null for nothing; stays the caller's
    /// @throws InsufficientMemoryException when full rows would be more than there is
    public EngineQueue(Decoder decoder, DrawableIds drawable, @Nullable Prefix prefix, Limits limits) {
        this.decoder = decoder;
        this.prefix = prefix;
        this.limits = limits;
        this.waiting = new ArrayBlockingQueue<>(limits.waiting());
        Engine.requireRoom(
                decoder.config(),
                limits.rows(),
                limits.tokensPerRow(),
                ProcessMemory.ofThisMachine().available());
        this.rows = new Rows(decoder, drawable, prefix, limits.rows(), limits.tokensPerRow());
        this.thread = Thread.ofPlatform().name("nla-engine").start(this::run);
    }

    /// Takes a request on.
    ///
    /// @param timeout how long it may take, waiting included; null for as long as it needs
    /// @throws RejectedExecutionException when too many wait already: try again later
    public Ticket submit(Request request, Stream stream, @Nullable Duration timeout) {
        if (request.prompt().prefix() != prefix) {
            throw new IllegalArgumentException("the request's prompt begins with another prefix than this engine's");
        }
        if (request.prompt().width() != decoder.config().dim()) {
            throw new IllegalArgumentException("the prompt has rows of "
                    + request.prompt().width() + " numbers, the model's width is "
                    + decoder.config().dim());
        }
        if (Engine.tokens(request) > limits.tokensPerRow()) {
            throw new IllegalArgumentException("the request may come to " + Engine.tokens(request) + " tokens, at most "
                    + limits.tokensPerRow() + " are allowed");
        }
        Engine.requireContext(decoder.config(), request);
        long before = prefix == null ? 0 : prefix.length();
        if (decoder.config().lengthClass(before + Engine.tokens(request))
                != decoder.config().lengthClass(1)) {
            throw new IllegalArgumentException("a text of " + (before + Engine.tokens(request))
                    + " tokens has its positions turned otherwise than shorter ones (the model's rope scaling depends on"
                    + " the length) and can't be written beside them");
        }
        Ticket ticket = new Ticket(request, stream, deadline(timeout));
        if (closed || !waiting.offer(ticket.row)) {
            throw new RejectedExecutionException(
                    closed ? ended() : limits.waiting() + " requests wait already; try again later");
        }
        // The thread may have ended between the question and the offer, after it emptied the queue.
        if (closed && waiting.remove(ticket.row)) {
            throw new RejectedExecutionException(ended());
        }
        return ticket;
    }

    private String ended() {
        return end instanceof RejectedExecutionException ? CLOSED : String.valueOf(end.getMessage());
    }

    private static @Nullable Long deadline(@Nullable Duration timeout) {
        if (timeout == null || timeout.compareTo(LONGEST) > 0) {
            return null;
        }
        return System.nanoTime() + (timeout.isNegative() ? 0 : timeout.toNanos());
    }

    /// Rows being written now.
    public int live() {
        return live;
    }

    /// Requests that wait.
    public int waiting() {
        return waiting.size();
    }

    private void run() {
        try (rows) {
            serve();
        } finally {
            closed = true;
            live = 0;
            List<Row> left = new ArrayList<>();
            waiting.drainTo(left);
            left.forEach(row -> row.fail(new RejectedExecutionException(end.getMessage(), end)));
        }
    }

    private void serve() {
        List<Row> next = new ArrayList<>();
        try {
            while (!closed) {
                next.clear();
                if (rows.count() == 0) {
                    awaitOne(next);
                }
                waiting.drainTo(next, rows.free() - next.size());
                next.forEach(Row::endIfUnwanted);
                next.removeIf(Row::isOver);
                dropUnwanted();
                if (!next.isEmpty()) {
                    rows.admit(next);
                }
                // Also after letting rows in: requests that end at once must not keep the others waiting.
                if (rows.count() > 0) {
                    rows.step();
                }
                live = rows.count();
            }
        } catch (RuntimeException | Error e) {
            // Not of one request, or it would have ended there; out of memory, say. The thread ends, and nobody may
            // wait for it.
            end = new IllegalStateException("the engine failed: " + e, e);
        } finally {
            next.stream().filter(row -> !row.isOver()).forEach(row -> row.fail(end));
            rows.failAll(end);
        }
    }

    /// The next request, or nothing after a while.
    private void awaitOne(List<Row> next) {
        try {
            Row first = waiting.poll(IDLE.toMillis(), TimeUnit.MILLISECONDS);
            if (first != null) {
                next.add(first);
            }
        } catch (InterruptedException e) {
            // A listener left the flag set, on the thread that is everybody's: only close() ends it.
        }
    }

    /// Requests that wait but are cancelled or out of time end at once and make room in the queue.
    private void dropUnwanted() {
        for (Row row : waiting) {
            if (row.isUnwanted() && waiting.remove(row)) {
                row.endIfUnwanted();
            }
        }
    }

    /// Ends what is being written and waits for the thread, also when interrupted: whoever closes frees
    /// afterwards what the thread works on. Called by a listener, on that thread, it does not wait.
    @Override
    public void close() {
        closed = true;
        if (Thread.currentThread().equals(thread)) {
            return;
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
