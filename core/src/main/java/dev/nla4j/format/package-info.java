/// Bytes on disk to typed values and back; no knowledge of models.
///
/// Every file is hostile until it is proved sound: counts, lengths, shapes and offsets are checked where they are read,
/// before anything is allocated and before any native view is made (`docs/design/formats.md`).
@NullMarked
package dev.nla4j.format;

import org.jspecify.annotations.NullMarked;
