package dev.nla4j.train;

/// Names under which loops log what every run has; a run may log more under names of its own.
public enum Metric {
    LOSS("loss", "loss", "loss"),
    FVE("fve", "FVE", "FVE"),
    KL("kl", "KL", "KL"),
    ENTROPY("entropy", "entropy", "H"),
    LENGTH("length", "length", "len"),
    TRUTH("truth", "truth", "truth"),
    TOKENS_PER_SECOND("tokens_per_second", "tokens/s", "tok/s");

    private final String key;
    private final String label;
    private final String brief;

    Metric(String key, String label, String brief) {
        this.key = key;
        this.label = label;
        this.brief = brief;
    }

    /// Its name in `metrics.jsonl` and TensorBoard.
    public String key() {
        return key;
    }

    /// Its name for people.
    public String label() {
        return label;
    }

    /// The same where there is little room.
    public String brief() {
        return brief;
    }
}
