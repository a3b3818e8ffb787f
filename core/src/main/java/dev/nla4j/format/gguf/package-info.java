/// Reads and writes GGUF, llama.cpp's one-file format of weights, tokenizer and settings.
///
/// The names of tensors and keys, and what llama.cpp does to a model's weights on the way here, are not this package's
/// matter. Checks: `docs/design/formats.md`.
@NullMarked
package dev.nla4j.format.gguf;

import org.jspecify.annotations.NullMarked;
