/// Verbalizer, reconstructor and the score that says how much of an activation survived the passage through words.
@NullMarked
package dev.nla4j.nla;

import org.jspecify.annotations.NullMarked;
