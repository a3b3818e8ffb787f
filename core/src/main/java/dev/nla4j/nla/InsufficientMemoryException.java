package dev.nla4j.nla;

/// A model is larger than the memory that is left; nothing was loaded.
public final class InsufficientMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    InsufficientMemoryException(String message) {
        super(message);
    }
}
