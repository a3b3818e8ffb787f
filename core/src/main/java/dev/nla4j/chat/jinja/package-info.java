/// Our own interpreter of the Jinja templates that models bring: text to tokens to a tree of records, the tree run in a
/// sandbox.
///
/// A template is somebody else's program. It sees strings, numbers, booleans, none, undefined, lists, tuples, maps and
/// a fixed list of functions, nothing of Java; steps, nesting, output and the size of every value are bounded
/// (`docs/design/chat-templates.md`).
@NullMarked
package dev.nla4j.chat.jinja;

import org.jspecify.annotations.NullMarked;
