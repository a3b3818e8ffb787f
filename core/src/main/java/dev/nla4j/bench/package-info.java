/// Timings of fixed work, beside what this machine could do at most and beside other implementations.
@NullMarked
package dev.nla4j.bench;

import org.jspecify.annotations.NullMarked;
