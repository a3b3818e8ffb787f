package dev.nla4j.train;

import dev.nla4j.distribute.Collective;

/// What processes that train together must agree on besides gradients. Every call is made by all of them.
public record Agreement(Collective group) {
    /// Waits until all have restored their state: none may find a checkpoint that another has only now written.
    ///
    /// @param step that this process goes on from
    /// @throws IllegalStateException when another goes on from a different one
    public void onStep(long step) {
        double[] sums = group.sum(new double[] {step});
        if (sums[0] != (double) step * group.size()) {
            throw new IllegalStateException("the processes go on from different steps; this one from " + step);
        }
    }

    /// Whether any of them says so: what one process has found out holds for all.
    public boolean any(boolean mine) {
        return group.sum(new double[] {mine ? 1 : 0})[0] > 0;
    }
}
