/// Reads and writes safetensors: one file, or the shards of an index.
///
/// Every check of the format's reference implementation holds here too (`docs/design/formats.md`).
@NullMarked
package dev.nla4j.format.safetensors;

import org.jspecify.annotations.NullMarked;
