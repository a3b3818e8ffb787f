package dev.nla4j.format.parquet;

import dev.nla4j.format.FormatException;
import java.nio.file.Path;

/// Where in a file reading stands, for messages.
///
/// @param offset of the page
record Place(Path file, long offset, String column) {
    FormatException problem(String problem) {
        return new FormatException(file, offset, "column " + column, problem);
    }
}
