/// NumPy's array files.
@NullMarked
package dev.nla4j.format.npy;

import org.jspecify.annotations.NullMarked;
