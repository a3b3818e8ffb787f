package dev.nla4j.nla.lint;

/// One line of a report.
///
/// @param half `av`, `ar`, or `pair` for what concerns both
/// @param found in one line
/// @param mend what to do about it; empty when the row is ok or not run
public record Row(Check check, String half, State state, String found, String mend) {}
