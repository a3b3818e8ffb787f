package dev.nla4j.tensor;

/// More memory is needed than is left; nothing of it was taken.
public final class InsufficientMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public InsufficientMemoryException(String message) {
        super(message);
    }
}
