/// Batched decoding. Knows token ids and embeddings, not text.
@NullMarked
package dev.nla4j.generate;

import org.jspecify.annotations.NullMarked;
