package dev.nla4j.train;

/// Names under which loops log what every run has; a run may log more under names of its own.
public enum Metric {
    LOSS("loss", "loss"),
    FVE("fve", "FVE"),
    KL("kl", "KL"),
    ENTROPY("entropy", "entropy"),
    LENGTH("length", "length"),
    TRUTH("truth", "truth"),
    TOKENS_PER_SECOND("tokens_per_second", "tokens/s");

    private final String key;
    private final String label;

    Metric(String key, String label) {
        this.key = key;
        this.label = label;
    }

    /// Its name in `metrics.jsonl` and TensorBoard.
    public String key() {
        return key;
    }

    /// Its name for people.
    public String label() {
        return label;
    }
}
