/// What a training will take, said before it starts: memory, so that what can't fit is refused, and time.
@NullMarked
package dev.nla4j.train.estimate;

import org.jspecify.annotations.NullMarked;
