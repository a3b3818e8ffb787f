/// Supervised fine-tuning of both roles: rows of a data set become batches, losses with gradients, evaluations with
/// their controls, and a half of a pair on disk.
///
/// Shapes: B rows, T tokens, D width, V vocabulary, N answer tokens of a batch.
@NullMarked
package dev.nla4j.train.sft;

import org.jspecify.annotations.NullMarked;
