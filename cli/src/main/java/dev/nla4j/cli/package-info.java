/// Parses, loads, calls one public method of core, prints: one class per command, wired by hand in one place.
@NullMarked
package dev.nla4j.cli;

import org.jspecify.annotations.NullMarked;
