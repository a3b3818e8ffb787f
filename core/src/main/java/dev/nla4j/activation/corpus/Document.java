package dev.nla4j.activation.corpus;

/// One text of a corpus.
///
/// @param id the document's own, or `{corpus}:{split}:{index}` with its index among the documents of its split
public record Document(String id, String split, String text) {}
