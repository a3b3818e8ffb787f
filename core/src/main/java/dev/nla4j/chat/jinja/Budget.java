package dev.nla4j.chat.jinja;

/// What one rendering has left of its [Limits]. Asked before anything large is made or read.
final class Budget {
    private static final int CHARS_PER_STEP = 8;

    private final Limits limits;
    private final long most;
    private long steps;
    private int depth;

    /// @param moreSteps beyond the limits'
    Budget(Limits limits, long moreSteps) {
        this.limits = limits;
        this.most = limits.steps() + moreSteps;
        this.steps = most;
    }

    void step() {
        spend(1);
    }

    void spend(long count) {
        steps -= count;
        if (count < 0 || steps < 0) {
            throw limit("more than " + most + " steps");
        }
    }

    /// Permits reading `count` characters.
    void read(long count) {
        spend(count / CHARS_PER_STEP + 1);
    }

    /// Permits making a string of `count` characters.
    void chars(long count) {
        if (count > limits.valueSize()) {
            throw limit("a string of more than " + limits.valueSize() + " characters");
        }
        read(count);
    }

    /// Permits a string that has grown to `count` characters, of which `more` are new.
    void grown(long count, long more) {
        if (count > limits.valueSize()) {
            chars(count);
        }
        read(more);
    }

    /// Permits making a list of `count` items.
    void items(long count) {
        if (count > limits.valueSize()) {
            throw limit("a list of more than " + limits.valueSize() + " items");
        }
        spend(count + 1);
    }

    void output(long count) {
        if (count > limits.outputChars()) {
            throw limit("a rendering of more than " + limits.outputChars() + " characters");
        }
    }

    void enter() {
        step();
        if (++depth > limits.depth()) {
            throw limit("nesting deeper than " + limits.depth());
        }
    }

    void leave() {
        depth--;
    }

    /// Fails when `nesting` of a value passes what recursion can stand.
    void nesting(int nesting) {
        step();
        if (nesting + depth > limits.depth()) {
            throw limit("nesting deeper than " + limits.depth());
        }
    }

    private static PyError limit(String what) {
        return new PyError(PyError.Kind.LIMIT, "template needs " + what + ", which is beyond the limit");
    }
}
