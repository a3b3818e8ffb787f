/// Documents to take activations from: a folder of texts, JSON lines or Parquet, read as a stream.
@NullMarked
package dev.nla4j.activation.corpus;

import org.jspecify.annotations.NullMarked;
