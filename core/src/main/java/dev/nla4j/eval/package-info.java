/// What a pair is worth: fraction of variance explained with its controls, intervals over documents, and how much of a
/// score survives rewording. Pure functions over plain arrays.
@NullMarked
package dev.nla4j.eval;

import org.jspecify.annotations.NullMarked;
