/// Teachers write the explanations that a pair is trained on, and checkers judge explanations that anybody wrote
/// (`docs/design/data.md`).
@NullMarked
package dev.nla4j.teacher;

import org.jspecify.annotations.NullMarked;
