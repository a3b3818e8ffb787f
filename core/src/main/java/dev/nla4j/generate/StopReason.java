package dev.nla4j.generate;

/// Why a completion ended.
public enum StopReason {
    /// An id that ends generations was drawn; it is the last of the ids.
    STOP_ID,
    /// The request's own condition held.
    STOP_CONDITION,
    /// The most tokens the request allows were drawn.
    LENGTH,
    /// Whoever asked no longer wants it; the ids are those drawn until then.
    CANCELLED,
    /// Its time was over; the ids are those drawn until then.
    DEADLINE
}
