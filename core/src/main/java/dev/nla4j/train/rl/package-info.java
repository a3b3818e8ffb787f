/// Joint reinforcement learning of both halves. Reward, advantage, divergence and policy loss are pure functions;
/// `Policy` and `Critic` are the halves that learn, `RlStep` is one step, `RlProduct` what comes of a run.
///
/// Shapes: `N` sampled tokens of a micro-batch in one row, `V` vocabulary, `S` samples, `G` samples of a group. Groups
/// lie one after the other: sample `i` belongs to group `i / G`.
@NullMarked
package dev.nla4j.train.rl;

import org.jspecify.annotations.NullMarked;
