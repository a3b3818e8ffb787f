package dev.nla4j.format;

import org.jspecify.annotations.Nullable;

/// What the user gave can't be used: a broken file, a text that is empty, a layer beyond the model's depth.
/// The message is one line that says what was found, where, and what was expected. The command line ends with exit code
/// 3.
public class InputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public InputException(String message) {
        super(message);
    }

    public InputException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
