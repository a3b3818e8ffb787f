package dev.nla4j.train;

import tools.jackson.databind.node.ObjectNode;

/// Decides what happens when a gradient's norm or a loss is NaN or infinite: the step is skipped, and a run of them
/// ends the training, because weights that always give NaN never recover.
public final class NonFiniteGuard {
    /// A few bad batches pass; weights that are no numbers fail every time.
    private static final int MOST_IN_A_ROW = 5;

    private static final String SKIPPED = "skipped";
    private static final String IN_A_ROW = "skipped_in_a_row";

    private final int most;
    private int inARow;
    private long skipped;

    /// Bears five skipped steps in a row.
    public NonFiniteGuard() {
        this(MOST_IN_A_ROW);
    }

    /// @param most skipped steps in a row that are borne, 0 or more
    NonFiniteGuard(int most) {
        if (most < 0) {
            throw new IllegalArgumentException("skipped steps in a row: must be >= 0, was " + most);
        }
        this.most = most;
    }

    /// Whether the step may be taken.
    ///
    /// @throws IllegalStateException when one too many in a row may not; the message says which step
    public boolean admits(long step, double loss, double gradientNorm) {
        if (Double.isFinite(loss) && Double.isFinite(gradientNorm)) {
            inARow = 0;
            return true;
        }
        inARow++;
        skipped++;
        if (inARow > most) {
            throw new IllegalStateException("step " + step + ": loss " + loss + ", gradient norm " + gradientNorm
                    + " after " + (inARow - 1) + " skipped steps in a row; going on meets the same numbers again:"
                    + " start anew in a folder of its own (--set folder=...) with a lower learning rate or clip");
        }
        return false;
    }

    /// Steps skipped in all.
    public long skipped() {
        return skipped;
    }

    /// Writes what a checkpoint must hold of this.
    public void save(ObjectNode state) {
        state.put(SKIPPED, skipped).put(IN_A_ROW, inARow);
    }

    /// Reads what [#save] wrote.
    public void restore(ObjectNode state) {
        skipped = state.path(SKIPPED).asLong();
        inARow = state.path(IN_A_ROW).asInt();
    }
}
