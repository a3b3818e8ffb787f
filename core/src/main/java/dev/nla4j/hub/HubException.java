package dev.nla4j.hub;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A model could not be brought here, through no fault of its bytes: no source delivers it, the disk is full, the
/// thread was interrupted. The command line ends with exit code 1.
public final class HubException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String line;

    public HubException(String message) {
        this(message, message, null);
    }

    public HubException(String message, @Nullable Throwable cause) {
        this(message, message, cause);
    }

    private HubException(String message, String line, @Nullable Throwable cause) {
        super(message, cause);
        this.line = line;
    }

    /// The message on one line, without what only some readers want.
    public String line() {
        return line;
    }

    /// Says which sources were tried and why each failed, one line each, and what helps. On one line: each failure,
    /// and the first thing that helps.
    static HubException nothingDelivers(String what, List<String> attempts, List<String> advice) {
        String nothing = "no source delivers " + what + ": ";
        String whole = nothing.stripTrailing() + "\n  " + String.join("\n  ", attempts) + "\nWhat helps:\n  "
                + String.join("\n  ", advice);
        String line = nothing + String.join("; ", attempts) + "; " + advice.getFirst() + " (more with --debug)";
        return new HubException(whole, line, null);
    }
}
