package dev.nla4j.hub;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/// Java's input and output errors in words.
final class Reasons {
    private Reasons() {}

    /// One line that says what went wrong.
    static String of(IOException e) {
        return switch (e) {
            case ConnectException c when hasCause(c, UnresolvedAddressException.class) -> "unknown host";
            case ConnectException c -> "can't connect" + (c.getMessage() == null ? "" : ": " + c.getMessage());
            case HttpTimeoutException t -> "no answer in time: " + t.getMessage();
            case NoSuchFileException f -> "no such file: " + f.getFile();
            case AccessDeniedException f -> "permission denied: " + f.getFile();
            case FileSystemException f when f.getReason() != null -> f.getReason();
            default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
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
