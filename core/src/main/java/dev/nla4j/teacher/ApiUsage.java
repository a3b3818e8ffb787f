package dev.nla4j.teacher;

/// What asking has cost so far.
///
/// @param answered requests answered by the API
/// @param cached requests answered by an earlier run's answers, for nothing
/// @param dollars by the settings' prices
public record ApiUsage(long answered, long cached, long inputTokens, long outputTokens, double dollars) {}
