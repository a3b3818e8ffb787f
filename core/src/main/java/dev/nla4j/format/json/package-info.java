/// JSON and YAML, bounded in size and depth, duplicate keys refused, errors with file and place.
@NullMarked
package dev.nla4j.format.json;

import org.jspecify.annotations.NullMarked;
