package dev.nla4j.teacher;

/// What a teacher explains: a text up to the token whose activation was taken, and what the target makes of it.
///
/// @param documentId where the text comes from
/// @param evidence the text, and the target's next tokens where they are known
public record Snippet(String documentId, Evidence evidence) {}
