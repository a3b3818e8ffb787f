/// Residual streams of the target model: which positions are taken, from which documents, and the files
/// that hold them (`docs/design/extraction.md`).
@NullMarked
package dev.nla4j.activation;

import org.jspecify.annotations.NullMarked;
