/// One decoder for all families: what differs between them is data in [dev.nla4j.model.ModelConfig].
///
/// Shapes: `B` rows, `T` tokens of this call, `S` tokens in all (past and this call), `D` width of the residual stream,
/// `H` query heads, `K` key-value heads, `G = H / K` heads in a group, `d` width of a head, `F` width of the
/// feed-forward
/// layer, `V` vocabulary, `R` rank of an adapter. A comment `// [B, T, D]` gives the shape of the tensor on that line.
@NullMarked
package dev.nla4j.model;

import org.jspecify.annotations.NullMarked;
