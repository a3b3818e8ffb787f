/// Model references, the store of model files on this machine, and the sources that fill it.
///
/// Everything a source says is hostile until checked: names become paths only through [RelativeName], bytes
/// become files of the store only when their digest is the announced one (`docs/design/model-store.md`).
@NullMarked
package dev.nla4j.hub;

import org.jspecify.annotations.NullMarked;
