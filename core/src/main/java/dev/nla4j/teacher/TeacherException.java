package dev.nla4j.teacher;

import org.jspecify.annotations.Nullable;

/// A teacher can't answer: no key, no money, no server. The message says what to do.
public final class TeacherException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TeacherException(String message) {
        super(message);
    }

    public TeacherException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
