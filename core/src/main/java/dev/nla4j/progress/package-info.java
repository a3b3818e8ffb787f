/// How long work tells how far it is; depends on nothing, used by everything that runs over two seconds.
@NullMarked
package dev.nla4j.progress;

import org.jspecify.annotations.NullMarked;
