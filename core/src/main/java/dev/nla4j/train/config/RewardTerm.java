package dev.nla4j.train.config;

/// What a text is rewarded for. Each term is logged, and is switched off by the weight 0.
public enum RewardTerm {
    /// `−2 (1 − cos)` of the reconstruction from the text as it stands.
    ERROR("error"),
    /// The same of a reworded copy: a private code between both sides does not survive it.
    REWORDED("reworded"),
    /// Share of the text's checkable claims that hold, 0 to 1.
    TRUTH("truth"),
    /// Minus the number of tokens.
    TOKEN_COST("token-cost");

    private final String label;

    RewardTerm(String label) {
        this.label = label;
    }

    /// Its name in configurations and logs.
    public String label() {
        return label;
    }
}
