package dev.nla4j.activation.corpus;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where documents come from; each opening starts at the first.
interface DocumentSource {
    Reading open();

    /// The files that hold the documents.
    List<Path> read();

    /// How many files lie beside these and are not read, those aside that are hidden.
    default long passedOver() {
        return 0;
    }

    /// What to say when there is nothing.
    String empty();

    /// One pass over the documents.
    interface Reading extends AutoCloseable {
        /// The next document, or null after the last.
        @Nullable
        RawDocument next();

        @Override
        void close();
    }

    /// A document as its file has it.
    record RawDocument(@Nullable String id, @Nullable String split, String text) {}
}
