package dev.nla4j.activation.corpus;

import dev.nla4j.activation.corpus.DocumentSource.RawDocument;
import dev.nla4j.activation.corpus.DocumentSource.Reading;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One pass over a corpus, one document in memory at a time.
public final class Documents implements AutoCloseable {
    /// Documents without a split count as training text, as in the reference.
    private static final String DEFAULT_SPLIT = "train";
    /// A split is a word like `train`; a file with thousands of them has something else in that field.
    private static final int MOST_SPLITS = 1000;

    private final Path path;
    private final String corpus;
    private final @Nullable String split;
    private final Reading reading;
    private final String whenEmpty;
    private final Map<String, Long> seen = new TreeMap<>();
    private boolean found;

    Documents(Path path, String corpus, @Nullable String split, Reading reading, String whenEmpty) {
        this.path = path;
        this.corpus = corpus;
        this.split = split;
        this.reading = reading;
        this.whenEmpty = whenEmpty;
    }

    /// The next document, or null after the last.
    ///
    /// @throws InputException when the corpus ends without any, or has something that is not a document
    public @Nullable Document next() {
        while (true) {
            RawDocument raw = reading.next();
            if (raw == null) {
                if (!found) {
                    throw new InputException(path + ": " + nothing());
                }
                return null;
            }
            String own = raw.split() == null ? DEFAULT_SPLIT : raw.split();
            long index = seen.merge(own, 1L, Long::sum) - 1;
            if (seen.size() > MOST_SPLITS) {
                throw new InputException(path + ": has more than " + MOST_SPLITS + " different splits");
            }
            if (split == null || split.equals(own)) {
                found = true;
                String id = raw.id() == null ? corpus + ":" + own + ":" + index : raw.id();
                return new Document(id, own, raw.text());
            }
        }
    }

    @Override
    public void close() {
        reading.close();
    }

    private String nothing() {
        return seen.isEmpty()
                ? whenEmpty
                : "no document of split " + FormatException.printable(String.valueOf(split)) + ", there are "
                        + FormatException.printable(String.join(", ", seen.keySet()));
    }
}
