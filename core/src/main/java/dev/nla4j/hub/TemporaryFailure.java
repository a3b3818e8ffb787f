package dev.nla4j.hub;

import java.time.Duration;

/// Something that may go better at the next try: a cut connection, a server that asks to wait.
final class TemporaryFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final Duration wait;

    TemporaryFailure(String reason) {
        this(reason, Duration.ZERO);
    }

    /// @param wait the least time that the other side asks to wait
    TemporaryFailure(String reason, Duration wait) {
        super(reason);
        this.wait = wait;
    }

    TemporaryFailure(String reason, Throwable cause) {
        super(reason, cause);
        this.wait = Duration.ZERO;
    }

    Duration asked() {
        return wait;
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
