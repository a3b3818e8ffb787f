package dev.nla4j.nla.lint;

import java.util.List;

/// What a check found.
///
/// @param mend what to do about it; empty when there is nothing to do
record Outcome(State state, String found, String mend) {
    static Outcome ok(String found) {
        return new Outcome(State.OK, found, "");
    }

    static Outcome warn(String found, String mend) {
        return new Outcome(State.WARN, found, mend);
    }

    static Outcome fail(String found, String mend) {
        return new Outcome(State.FAIL, found, mend);
    }

    static Outcome notRun(String reason) {
        return new Outcome(State.NOT_RUN, reason, "");
    }

    /// A failure that lists `problems` when there are any, else `sound`.
    static Outcome of(List<String> problems, String sound, String mend) {
        return problems.isEmpty() ? ok(sound) : fail(String.join("; ", problems), mend);
    }
}
