/// A thin layer over libtorch: who owns native memory, which dtypes there are, seeds and shapes.
/// Code that does maths calls `org.bytedeco.pytorch` itself.
@NullMarked
package dev.nla4j.tensor;

import org.jspecify.annotations.NullMarked;
