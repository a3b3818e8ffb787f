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
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Text files at any depth of a folder, a document each, in the order of their relative paths.
record TextFolder(Path folder) implements DocumentSource {
    private static final List<String> ENDINGS = List.of(".txt", ".md");
    /// What a corpus can be made of by naming the file itself.
    private static final List<String> CORPUS_ENDINGS = List.of(".jsonl", ".ndjson", ".parquet");
    /// What documents come in that has to be made something else of first.
    private static final List<String> DATA_ENDINGS = List.of(".csv", ".tsv", ".arrow");
    private static final List<String> PACKED_ENDINGS = List.of(".gz", ".zst", ".xz", ".bz2");
    private static final String ARCHIVE_ENDING = ".zip";
    /// A plain one may be somebody's settings; nobody packs these.
    private static final String JSON_ENDING = ".json";
    /// A file or a folder that its maker does not show: `.git`, `.DS_Store`.
    private static final Pattern HIDDEN = Pattern.compile("(^|/)\\.");

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

    /// The documents' files; those of data among them are refused.
    private List<Path> files() {
        Map<String, Path> all = all();
        for (Map.Entry<String, Path> file : all.entrySet()) {
            refuseData(file.getKey());
        }
        return texts(all);
    }

    private static List<Path> texts(Map<String, Path> all) {
        return all.values().stream().filter(TextFolder::isText).toList();
    }

    @Override
    public List<Path> read() {
        return texts(all());
    }

    @Override
    public long passedOver() {
        return all().entrySet().stream()
                .filter(file -> !isText(file.getValue())
                        && !HIDDEN.matcher(file.getKey()).find())
                .count();
    }

    /// Sorted by the relative path written with slashes, so that every platform gives the same documents the same
    /// numbers.
    private Map<String, Path> all() {
        Map<String, Path> sorted = new TreeMap<>();
        List<Path> found;
        Path real;
        try {
            // a link is walked as what it leads to; those below it are not followed, they may lead in a circle
            real = folder.toRealPath();
            try (Stream<Path> tree = Files.walk(real)) {
                found = tree.filter(Files::isRegularFile).toList();
            }
        } catch (UncheckedIOException e) {
            throw unlisted(folder, FileProblem.of(e), e);
        } catch (IOException e) {
            throw unlisted(folder, FileProblem.of(e), e);
        }
        for (Path file : found) {
            Path relative = real.relativize(file);
            String name = relative.toString().replace(file.getFileSystem().getSeparator(), "/");
            if (sorted.put(name, folder.resolve(relative)) != null && isText(file)) {
                throw new InputException(folder + ": two files' names both read " + FormatException.printable(name)
                        + ", as they are not valid text; rename one");
            }
        }
        return sorted;
    }

    /// Beside a README, these would be the documents that are meant.
    private void refuseData(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        String bare = PACKED_ENDINGS.stream()
                .filter(lower::endsWith)
                .findFirst()
                .map(ending -> lower.substring(0, lower.length() - ending.length()))
                .orElse(lower);
        boolean packed = !bare.equals(lower) || bare.endsWith(ARCHIVE_ENDING);
        boolean corpus = endsIn(bare, CORPUS_ENDINGS);
        boolean text = endsIn(bare, ENDINGS) || bare.endsWith(JSON_ENDING) || bare.endsWith(ARCHIVE_ENDING);
        if (corpus || endsIn(bare, DATA_ENDINGS) || (packed && text)) {
            throw new InputException(folder + ": a folder's documents are its "
                    + String.join(" and ", ENDINGS) + " files, and " + FormatException.printable(name)
                    + " is neither: "
                    + (corpus && !packed
                            ? "name that file itself"
                            : packed ? "unpack it" : "make a .jsonl or .parquet file of it and name that")
                    + ", or move it away");
        }
    }

    private static FormatException unlisted(Path folder, String why, Exception e) {
        return new FormatException(folder, -1, "folder", "can't be listed: " + why, e);
    }

    private static boolean isText(Path file) {
        return endsIn(file.getFileName().toString().toLowerCase(Locale.ROOT), ENDINGS);
    }

    private static boolean endsIn(String name, List<String> endings) {
        return endings.stream().anyMatch(name::endsWith);
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
