package dev.nla4j.teacher;

/// What the evidence says of a claim.
public enum Verdict {
    SUPPORTED,
    UNSUPPORTED,
    /// No rule can tell.
    UNVERIFIABLE
}
