package dev.nla4j.generate;

import dev.nla4j.format.InputException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One request on its way through the engine.
final class Row implements Sampler.Drawer {
    /// What becomes of a row; called on the engine's thread.
    interface Observer {
        /// An id was drawn.
        default void drawn(int id, float logProbability) {}

        /// It is complete.
        void ended(Completion completion);

        /// It can't be completed.
        void failed(RuntimeException reason);
    }

    private final Request request;
    private final Observer observer;
    private final long deadline; // System.nanoTime, or Long.MAX_VALUE
    private volatile boolean cancelled;
    private int[] ids = new int[16];
    private float[] logProbabilities = new float[16];
    private int count;
    private boolean over;
    private boolean poisoned;
    private final int promptLength;

    /// A request that waits.
    ///
    /// @param deadline by `System.nanoTime`, null for none
    Row(Request request, Observer observer, @Nullable Long deadline) {
        this.request = request;
        this.observer = observer;
        this.promptLength = request.prompt().length();
        this.deadline = deadline == null ? Long.MAX_VALUE : deadline;
    }

    @Override
    public Request request() {
        return request;
    }

    @Override
    public int[] ids() {
        return Arrays.copyOf(ids, count);
    }

    @Override
    public int count() {
        return count;
    }

    /// As it was when the request came: its tensors are the caller's, who may close them by mistake.
    int promptLength() {
        return promptLength;
    }

    int lastId() {
        return ids[count - 1];
    }

    /// Whether it needs no further step.
    boolean isOver() {
        return over;
    }

    /// Asks it to end; heard before the next step. From any thread.
    void cancel() {
        cancelled = true;
    }

    /// Whether nobody wants it any more or its time is over.
    boolean isUnwanted() {
        return cancelled || isLate();
    }

    private boolean isLate() {
        return deadline != Long.MAX_VALUE && System.nanoTime() - deadline > 0;
    }

    /// Ends it when nobody wants it any more or its time is over.
    void endIfUnwanted() {
        if (cancelled) {
            end(StopReason.CANCELLED);
        } else if (isLate()) {
            end(StopReason.DEADLINE);
        }
    }

    /// Adds a drawn id. Whatever its own condition or observer throws ends this row and no other.
    void take(Sampler.Draw draw) {
        if (draw.failed()) {
            failPoisoned(
                    new InputException("the model's logits are not finite: its weights, its adapter or the prompt's"
                            + " embeddings hold NaN or infinite numbers (nla lint reads all of a pair's)"));
            return;
        }
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, 2 * count);
            logProbabilities = Arrays.copyOf(logProbabilities, 2 * count);
        }
        ids[count] = draw.id();
        logProbabilities[count] = draw.logProbability();
        count++;
        try {
            observer.drawn(draw.id(), draw.logProbability());
            if (request.stopIds().contains(draw.id())) {
                end(StopReason.STOP_ID);
            } else if (request.stop().isComplete(ids(), count)) {
                end(StopReason.STOP_CONDITION);
            } else if (count == request.maxNewTokens()) {
                end(StopReason.LENGTH);
            }
        } catch (RuntimeException e) {
            fail(e);
        } catch (Throwable e) {
            // Of a caller's code: an assertion, a class that is missing, an exception of a language that declares none.
            // Not a reason to leave the others without answer.
            fail(new IllegalStateException(
                    "request " + request.number() + ": its listener or stop condition failed: " + e, e));
        }
    }

    private void end(StopReason reason) {
        over = true;
        observer.ended(new Completion(ids(), Arrays.copyOf(logProbabilities, count), reason));
    }

    /// Whether what it leaves in the cache may be no numbers.
    boolean isPoisoned() {
        return poisoned;
    }

    /// Fails for what came of its numbers.
    void failPoisoned(RuntimeException reason) {
        poisoned = true;
        fail(reason);
    }

    /// Fails for a reason that lies outside of its numbers: a caller's code, the engine's end.
    void fail(RuntimeException reason) {
        over = true;
        observer.failed(reason);
    }
}
