package dev.nla4j.hub;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A model could not be brought here, through no fault of its bytes: no source delivers it, the disk is full, the
/// thread
/// was interrupted. The command line ends with exit code 1.
public final class HubException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public HubException(String message) {
        this(message, null);
    }

    public HubException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /// Says which sources were tried and why each failed, one line each, and what helps.
    static HubException nothingDelivers(String what, List<String> attempts, List<String> advice) {
        StringBuilder text =
                new StringBuilder("no source delivers ").append(what).append(':');
        attempts.forEach(attempt -> text.append("\n  ").append(attempt));
        text.append("\nWhat helps:");
        advice.forEach(line -> text.append("\n  ").append(line));
        return new HubException(text.toString());
    }
}
