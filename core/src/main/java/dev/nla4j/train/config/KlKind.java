package dev.nla4j.train.config;

/// Which divergence a run uses as its loss.
public enum KlKind {
    /// The sum over the whole vocabulary: no sampling noise.
    EXACT,
    /// `½ (log π − log π₀)²` of the sampled token: as a loss, an unbiased gradient of the reverse divergence.
    K2,
    /// `π₀/π − 1 − log(π₀/π)` of the sampled token: as a loss, an unbiased gradient of the forward divergence.
    K3;

    /// The kind of that name.
    ///
    /// @throws IllegalArgumentException for `k1`, with the reason, and for unknown names
    public static KlKind parse(String name) {
        return switch (name) {
            case "exact" -> EXACT;
            case "k2" -> K2;
            case "k3" -> K3;
            case "k1" ->
                throw new IllegalArgumentException(
                        "kind: k1 (log π − log π₀ of sampled tokens) is refused: as a loss on on-policy samples its"
                                + " gradient is zero in expectation, so it regularises nothing; use exact, k2 or k3");
            default -> throw new IllegalArgumentException("kind: must be exact, k2 or k3, was " + name);
        };
    }
}
