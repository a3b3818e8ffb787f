package dev.nla4j.hub;

import dev.nla4j.format.FileProblem;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;

/// Errors of the network in words; those of files are [FileProblem]'s.
final class Reasons {
    private Reasons() {}

    /// One line that says what went wrong.
    static String of(IOException e) {
        return switch (e) {
            case ConnectException c when hasCause(c, UnresolvedAddressException.class) -> "unknown host";
            case ConnectException c -> "can't connect" + (c.getMessage() == null ? "" : ": " + c.getMessage());
            case HttpTimeoutException t -> "no answer in time: " + t.getMessage();
            default -> FileProblem.of(e);
        };
    }

    private static boolean hasCause(Throwable e, Class<? extends Throwable> type) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}
