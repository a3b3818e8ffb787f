package dev.nla4j.train.config;

import dev.nla4j.train.Checkpoints;

/// What a run does every so many steps.
///
/// @param evalEvery steps between evaluations on held-out documents, 0 for never
/// @param samplesEvery steps between samples written to the run's folder, 0 for never
/// @param saveEvery steps between checkpoints, 1 or more; the last step always saves
/// @param keep checkpoints kept, 2 or more, the best besides
/// @param patience evaluations without improvement after which the run stops, 0 for never
public record Cadence(int evalEvery, int samplesEvery, int saveEvery, int keep, int patience) {
    public Cadence {
        Checks.atLeast("eval-every", evalEvery, 0);
        Checks.atLeast("samples-every", samplesEvery, 0);
        Checks.atLeast("save-every", saveEvery, 1);
        Checks.atLeast("keep", keep, 2);
        Checks.atLeast("patience", patience, 0);
        if (patience > 0 && evalEvery == 0) {
            throw new IllegalArgumentException("patience: needs eval-every above 0, was " + patience);
        }
    }

    static Cadence read(Section section, Cadence otherwise) {
        int evalEvery = section.integer("eval-every", otherwise.evalEvery);
        int samplesEvery = section.integer("samples-every", otherwise.samplesEvery);
        int saveEvery = section.integer("save-every", otherwise.saveEvery);
        int keep = section.integer("keep", otherwise.keep);
        int patience = section.integer("patience", otherwise.patience);
        return section.build(() -> new Cadence(evalEvery, samplesEvery, saveEvery, keep, patience));
    }

    /// Retention of checkpoints.
    public Checkpoints.Keep retention() {
        return new Checkpoints.Keep(keep, true);
    }

    /// Whether something that happens every `every` steps is due after `step` updates of `steps`.
    public static boolean isDue(long step, int every, long steps) {
        return every > 0 && (step % every == 0 || step == steps);
    }
}
