/// Says what is wrong with a checkpoint: every fault that cost somebody a training run, each a named check
/// (`docs/design/lint.md`). Nothing here stops at the first fault.
@NullMarked
package dev.nla4j.nla.lint;

import org.jspecify.annotations.NullMarked;
