package dev.nla4j.teacher;

/// A model's answer, as it is kept.
///
/// @param stop why it ended, in the API's words
record ApiAnswer(String text, String stop, long inputTokens, long outputTokens) {
    /// More than any request has: what a server claims beyond it would turn the account's sums.
    private static final long MOST_TOKENS = 1_000_000_000;

    ApiAnswer {
        inputTokens = Math.clamp(inputTokens, 0, MOST_TOKENS);
        outputTokens = Math.clamp(outputTokens, 0, MOST_TOKENS);
    }
}
