/// Configurations of training runs: YAML, its variants and `--set` become records that validate themselves, and every
/// error
/// names the key's whole path.
@NullMarked
package dev.nla4j.train.config;

import org.jspecify.annotations.NullMarked;
