/// From extracted activations to training sets, in the files of the public data pipeline (`docs/design/data.md`).
@NullMarked
package dev.nla4j.data;

import org.jspecify.annotations.NullMarked;
