/// Compares this program's numbers with another implementation's: golden files of models, prompts and pairs.
@NullMarked
package dev.nla4j.verify;

import org.jspecify.annotations.NullMarked;
