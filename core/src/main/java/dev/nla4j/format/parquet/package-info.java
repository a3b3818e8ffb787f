/// Parquet files of the few shapes this project needs: integers, texts, lists of floats, lists of chat messages.
///
/// Writing goes through parquet-java. Reading is our own and streams page by page, because files come from
/// strangers:
/// every size is proved before anything is allocated (`docs/design/extraction.md`).
@NullMarked
package dev.nla4j.format.parquet;

import org.jspecify.annotations.NullMarked;
