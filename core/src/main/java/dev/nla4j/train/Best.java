package dev.nla4j.train;

import dev.nla4j.distribute.Collective;
import java.util.OptionalDouble;
import tools.jackson.databind.node.ObjectNode;

/// The best held-out quality of a run so far, and whether it has been too long ago to go on.
public final class Best {
    private final int patience;
    private double quality = Double.NEGATIVE_INFINITY;
    private int evaluationsSince;
    private boolean stopped;

    /// @param patience evaluations in a row without a better one that end the run; 0 for never
    public Best(int patience) {
        this.patience = patience;
    }

    /// Takes an evaluation's quality, more is better; whether it is the best so far.
    public boolean improves(double found) {
        if (found > quality) {
            quality = found;
            evaluationsSince = 0;
            return true;
        }
        evaluationsSince++;
        stopped = patience > 0 && evaluationsSince >= patience;
        return false;
    }

    /// Whether the run is to end.
    public boolean stopped() {
        return stopped;
    }

    /// Ends the run when any of the processes that train together has found that it should.
    public void agree(Collective group) {
        stopped = group.any(stopped);
    }

    /// The best quality; empty before the first evaluation.
    public OptionalDouble quality() {
        return Double.isInfinite(quality) ? OptionalDouble.empty() : OptionalDouble.of(quality);
    }

    /// Writes what a checkpoint must hold of this.
    public void save(ObjectNode state) {
        state.put("evaluations_since_best", evaluationsSince).put("stopped", stopped);
        quality().ifPresent(best -> state.put("best_quality", best));
    }

    /// Reads what [#save] wrote.
    public void restore(ObjectNode state) {
        evaluationsSince = state.path("evaluations_since_best").asInt();
        stopped = state.path("stopped").asBoolean();
        if (state.has("best_quality")) {
            quality = state.path("best_quality").asDouble();
        }
    }
}
