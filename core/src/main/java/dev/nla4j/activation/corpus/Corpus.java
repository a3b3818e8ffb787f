package dev.nla4j.activation.corpus;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FileProblem;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// A set of documents that can be read again and again, always in the same order.
public final class Corpus {
    /// What a tokenizer refuses must be found while the corpus is read, before hours of work.
    static final int LONGEST_TEXT = Tokenizer.LONGEST_TEXT;

    private final Path path;
    private final String name;
    private final CorpusOptions options;
    private final DocumentSource source;

    private Corpus(Path path, String name, CorpusOptions options, DocumentSource source) {
        this.path = path;
        this.name = name;
        this.options = options;
        this.source = source;
    }

    /// A folder with text files (`.txt`, `.md`, at any depth), a file of JSON lines (`.jsonl`, `.ndjson`) or a
    /// Parquet
    /// file (`.parquet`).
    ///
    /// @throws InputException when it is none of these
    public static Corpus open(Path path, CorpusOptions options) {
        Path fileName = path.toAbsolutePath().normalize().getFileName();
        // a colon of its own would be taken for the one before a split, in ids and in sidecars
        String name = (fileName == null ? "corpus" : fileName.toString()).replace(':', '-');
        if (Files.isDirectory(path)) {
            return new Corpus(path, name, options, new TextFolder(path));
        }
        if (!Files.exists(path)) {
            throw new InputException(path + ": no such file or folder");
        }
        int dot = name.lastIndexOf('.');
        String stem = dot > 0 ? name.substring(0, dot) : name;
        return switch (name.substring(dot + 1).toLowerCase(Locale.ROOT)) {
            case "jsonl", "ndjson" -> new Corpus(path, stem, options, new JsonLines(path, options.textField()));
            case "parquet" -> new Corpus(path, stem, options, new ParquetTexts(path, options.textField()));
            default ->
                throw new InputException(
                        path + ": a corpus is a folder of .txt and .md files, a .jsonl file or a .parquet file");
        };
    }

    /// The file's name without its ending, or the folder's name: independent of where the corpus lies. It has no
    /// colon.
    public String name() {
        return name;
    }

    /// The split that is read, or empty text for all.
    public String split() {
        String split = options.split();
        return split == null ? "" : split;
    }

    /// The files that the documents are read from.
    public List<Path> files() {
        return source.read();
    }

    /// How many other files lie in a folder of documents, hidden ones aside.
    public long passedOver() {
        return source.passedOver();
    }

    /// Refuses a file that would take the corpus's own place, or that would be made inside the folder of
    /// documents: its parts would stand among them, and a run that is killed could not read the corpus
    /// again.
    public void requireOutside(Path out) {
        AtomicFile.requireOther(out, path, "the corpus itself");
        Path place = out.toAbsolutePath().normalize();
        while (place != null && !Files.exists(place)) {
            place = place.getParent();
        }
        try {
            if (Files.isDirectory(path) && place != null && place.toRealPath().startsWith(path.toRealPath())) {
                throw new InputException(
                        out + ": lies in the corpus's own folder " + path + "; choose a file outside of it");
            }
        } catch (IOException e) {
            throw new FormatException(path, -1, "folder", "can't be found: " + FileProblem.reason(e), e);
        }
    }

    /// Reads from the first document on.
    public Documents documents() {
        return new Documents(path, name, options.split(), source.open(), source.empty());
    }
}
