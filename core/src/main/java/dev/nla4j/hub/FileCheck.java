package dev.nla4j.hub;

/// What verification found of one file.
///
/// @param name path inside the model
/// @param state the verdict
/// @param expected SHA-256 of the manifest
/// @param found SHA-256 of the bytes on disk, or empty when there was nothing to hash
public record FileCheck(String name, State state, String expected, String found) {
    /// The verdict on a file.
    public enum State {
        /// The bytes are the expected ones.
        GOOD,
        MISSING,
        /// The size alone tells that the bytes are others.
        WRONG_SIZE,
        WRONG_BYTES,
        UNREADABLE
    }

    /// Whether the file is as it should be.
    public boolean good() {
        return state == State.GOOD;
    }
}
