/// The pure functions of reinforcement learning: reward, advantage, divergence, policy loss. No model, no state.
///
/// Shapes: `N` sampled tokens of a micro-batch in one row, `V` vocabulary, `S` samples, `G` samples of a group. Groups
/// lie one after the other: sample `i` belongs to group `i / G`.
@NullMarked
package dev.nla4j.train.rl;

import org.jspecify.annotations.NullMarked;
