package dev.nla4j.activation;

/// One activation with what it was taken from.
///
/// @param tokens how many tokens the model had read, the last one being the activation's
/// @param text those tokens as text, special ones left out
/// @param vector the raw residual stream; not copied
/// @param layer the block after which it was taken
/// @param documentId where the text comes from
@SuppressWarnings("ArrayRecordComponent") // a carrier between file and computation, never compared
public record ActivationRow(long tokens, String text, float[] vector, long layer, String documentId) {}
