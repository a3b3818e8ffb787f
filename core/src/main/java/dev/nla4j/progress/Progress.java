package dev.nla4j.progress;

/// Receives how far a piece of work is. The command line draws it with an ETA; a library user may log it or ignore it.
@FunctionalInterface
public interface Progress {
    /// Says nothing.
    Progress NONE = (task, done, total, unit) -> {};

    /// May be called often: throttling is the receiver's job. `done == total` ends the task.
    ///
    /// @param task short name of the work, e.g. `download SmolLM2-135M-Instruct.Q4_1.gguf`
    /// @param done units done, 0 or more
    /// @param total units in all, or -1 when nobody knows
    /// @param unit what is counted: `B` (bytes, shown with their multiples), `rows`, `documents`, `tokens`
    void report(String task, long done, long total, String unit);
}
