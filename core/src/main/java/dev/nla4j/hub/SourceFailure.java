package dev.nla4j.hub;

import dev.nla4j.format.FormatException;

/// One source can't deliver; the next one is tried. The message is a reason that fits one line.
final class SourceFailure extends Exception {
    private static final long serialVersionUID = 1L;

    SourceFailure(String reason) {
        super(FormatException.printable(reason));
    }

    SourceFailure(String reason, Throwable cause) {
        super(FormatException.printable(reason), cause);
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
