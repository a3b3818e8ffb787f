package dev.nla4j.teacher;

/// A model's answer, as it is kept.
///
/// @param stop why it ended, in the API's words
record ApiAnswer(String text, String stop, long inputTokens, long outputTokens) {}
