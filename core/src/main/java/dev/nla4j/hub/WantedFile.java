package dev.nla4j.hub;

import dev.nla4j.format.InputException;
import dev.nla4j.model.SmallFiles;

/// A file to be brought here: its bytes are known by size and digest before the first one arrives.
record WantedFile(RelativeName name, long size, Digest digest) {
    /// Larger than any single file of a model, small enough that sums of sizes can't overflow.
    static final long LARGEST = 1L << 42;

    WantedFile {
        long largest = LoaderFiles.isTemplate(name.text()) ? SmallFiles.LARGEST_TEMPLATE : LARGEST;
        if (size < 0 || size > largest) {
            throw new InputException(
                    "size of " + name.text() + " refused: " + size + " bytes, must be 0 to " + largest);
        }
    }
}
