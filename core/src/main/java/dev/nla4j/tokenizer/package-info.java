/// Text to token ids and back, with offsets: from a `tokenizer.json` or from the vocabulary inside a GGUF file.
/// Reasons are in `docs/design/tokenizers.md`.
@NullMarked
package dev.nla4j.tokenizer;

import org.jspecify.annotations.NullMarked;
