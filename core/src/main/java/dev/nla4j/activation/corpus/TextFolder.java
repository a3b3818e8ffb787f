package dev.nla4j.activation.corpus;

import dev.nla4j.format.FileProblem;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Text files at any depth of a folder, a document each, in the order of their relative paths.
record TextFolder(Path folder) implements DocumentSource {
    private static final List<String> ENDINGS = List.of(".txt", ".md");
    private static final List<String> DATA_ENDINGS = List.of(".jsonl", ".ndjson", ".parquet");
    private static final int MOST_BYTES = 4 * Corpus.LONGEST_TEXT;

    @Override
    public Reading open() {
        Iterator<Path> files = files().iterator();
        return new Reading() {
            @Override
            public @Nullable RawDocument next() {
                return files.hasNext() ? new RawDocument(null, null, text(files.next())) : null;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public String empty() {
        return "holds no " + String.join(" or ", ENDINGS) + " file";
    }

    /// Sorted by the relative path written with slashes, so that every platform gives the same documents the same
    /// numbers.
    private List<Path> files() {
        Map<String, Path> sorted = new TreeMap<>();
        List<Path> found;
        Path real;
        try {
            // a link is walked as what it leads to; those below it are not followed, they may lead in a circle
            real = folder.toRealPath();
            try (Stream<Path> tree = Files.walk(real)) {
                found = tree.filter(file -> hasEnding(file, DATA_ENDINGS) || hasEnding(file, ENDINGS))
                        .toList();
            }
        } catch (UncheckedIOException e) {
            throw unlisted(folder, FileProblem.of(e), e);
        } catch (IOException e) {
            throw unlisted(folder, FileProblem.of(e), e);
        }
        for (Path file : found) {
            Path relative = real.relativize(file);
            String name = relative.toString().replace(file.getFileSystem().getSeparator(), "/");
            if (sorted.put(name, folder.resolve(relative)) != null) {
                throw new InputException(folder + ": two files' names both read " + FormatException.printable(name)
                        + ", as they are not valid text; rename one");
            }
        }
        for (Map.Entry<String, Path> file : sorted.entrySet()) {
            if (hasEnding(file.getValue(), DATA_ENDINGS)) {
                // beside a README, these would be the documents that are meant
                throw new InputException(folder + ": a folder's documents are its "
                        + String.join(" and ", ENDINGS) + " files, and " + FormatException.printable(file.getKey())
                        + " is neither: name that file itself, or move it away");
            }
        }
        return List.copyOf(sorted.values());
    }

    private static FormatException unlisted(Path folder, String why, Exception e) {
        return new FormatException(folder, -1, "folder", "can't be listed: " + why, e);
    }

    private static boolean hasEnding(Path file, List<String> endings) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return endings.stream().anyMatch(name::endsWith) && Files.isRegularFile(file);
    }

    private static String text(Path file) {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MOST_BYTES + 1);
        } catch (IOException e) {
            throw new FormatException(file, -1, "file", "can't be read: " + FileProblem.reason(e), e);
        }
        String text = bytes.length > MOST_BYTES ? "" : Utf8.decode(file, 0, "text", bytes, bytes.length);
        if (bytes.length > MOST_BYTES || text.length() > Corpus.LONGEST_TEXT) {
            throw new FormatException(
                    file, -1, "text", "is longer than " + Corpus.LONGEST_TEXT + " characters; split it into documents");
        }
        return Json.withoutMark(text);
    }
}
