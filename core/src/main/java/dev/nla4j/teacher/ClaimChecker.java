package dev.nla4j.teacher;

/// Takes an explanation apart and judges each of its claims. Any text is valid: explanations are written by models.
@FunctionalInterface
public interface ClaimChecker {
    /// The claims of `explanation`, judged.
    CheckedClaims check(String explanation, Evidence evidence);
}
