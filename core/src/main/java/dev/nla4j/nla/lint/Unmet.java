package dev.nla4j.nla.lint;

/// Ends a check that needs what is not there; its row says `not run` with the reason.
final class Unmet extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unmet(String reason) {
        super(reason, null, false, false);
    }
}
