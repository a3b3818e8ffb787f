package dev.nla4j.teacher;

/// What asking has cost so far.
///
/// @param answered requests answered by the API
/// @param cached requests answered by an earlier run's answers, for nothing
/// @param unmetered answers of which the server did not say how long they are: tokens and dollars leave them out
/// @param dollars by the settings' prices
public record ApiUsage(
        long answered, long cached, long unmetered, long inputTokens, long outputTokens, double dollars) {
    /// What was asked since `before`.
    public ApiUsage since(ApiUsage before) {
        return new ApiUsage(
                answered - before.answered,
                cached - before.cached,
                unmetered - before.unmetered,
                inputTokens - before.inputTokens,
                outputTokens - before.outputTokens,
                dollars - before.dollars);
    }
}
