/// What every training loop needs and no forward pass does: the optimiser, its schedule and guards, checkpoints, run
/// folders, configurations. Losses of reinforcement learning are in [dev.nla4j.train.rl].
///
/// A loop owns fp32 leaf tensors ([dev.nla4j.train.Parameter]), computes a loss under a [dev.nla4j.tensor.Scope], calls
/// `backward`, then [dev.nla4j.train.GradClip], [dev.nla4j.train.NonFiniteGuard] and [dev.nla4j.train.AdamW]. Reasons
/// are in `docs/design/training.md`.
@NullMarked
package dev.nla4j.train;

import org.jspecify.annotations.NullMarked;
