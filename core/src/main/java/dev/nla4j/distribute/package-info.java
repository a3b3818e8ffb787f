/// Several processes that train one model: sums over all of them.
///
/// The network between the processes must be private: Gloo neither encrypts nor asks who is there.
@NullMarked
package dev.nla4j.distribute;

import org.jspecify.annotations.NullMarked;
