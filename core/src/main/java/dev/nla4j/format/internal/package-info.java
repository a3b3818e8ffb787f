/// What the tensor formats share: positional reads, decoding of stored numbers, encoding of new ones. Not for users.
@NullMarked
package dev.nla4j.format.internal;

import org.jspecify.annotations.NullMarked;
