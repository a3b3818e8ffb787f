package dev.nla4j.chat.jinja;

/// An error while a template runs, before it is known where. Some kinds are answers rather than failures: an item that
/// isn't there makes an undefined value.
final class PyError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    enum Kind {
        TYPE,
        VALUE,
        LOOKUP,
        ARITHMETIC,
        UNDEFINED,
        SECURITY,
        RUNTIME,
        LIMIT,
        RAISED
    }

    private final Kind kind;
    private int line;

    PyError(Kind kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    static PyError type(String message) {
        return new PyError(Kind.TYPE, message);
    }

    static PyError value(String message) {
        return new PyError(Kind.VALUE, message);
    }

    static PyError lookup(String message) {
        return new PyError(Kind.LOOKUP, message);
    }

    static PyError arithmetic(String message) {
        return new PyError(Kind.ARITHMETIC, message);
    }

    static PyError runtime(String message) {
        return new PyError(Kind.RUNTIME, message);
    }

    Kind kind() {
        return kind;
    }

    String problem() {
        return String.valueOf(getMessage());
    }

    /// Line of the template, or 0 when not known yet.
    int line() {
        return line;
    }

    /// Notes where it happened; the first, innermost note stays.
    PyError at(int where) {
        if (line == 0) {
            line = where;
        }
        return this;
    }

    /// Whether a subscript that fails so means "no such item".
    boolean isMissingItem() {
        return kind == Kind.TYPE || kind == Kind.LOOKUP;
    }

    /// Whether a conversion that fails so may fall back to its default.
    boolean isBadConversion() {
        return kind == Kind.TYPE || kind == Kind.VALUE;
    }
}
