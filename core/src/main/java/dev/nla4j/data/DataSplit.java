package dev.nla4j.data;

import dev.nla4j.activation.ActivationSchema;
import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.activation.DatasetSidecar;
import dev.nla4j.activation.PythonRandom;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Splits extracted activations by document, never by row: other rows of a document would give away the ones held
/// back. Documents that their corpus holds out go to a part of their own and to no other.
public final class DataSplit {
    private static final String TASK = "split";

    /// Where a document's rows go.
    public enum Part {
        AV_SFT("av_sft"),
        AR_SFT("ar_sft"),
        RL("rl"),
        /// Held out by the corpus.
        EVAL("eval");

        private final String label;

        Part(String label) {
            this.label = label;
        }

        /// As file names and data set ids have it.
        public String label() {
            return label;
        }
    }

    /// How the documents that may be trained on are shared out; the shares must add up to 1.
    public record Fractions(double avSft, double arSft, double rl) {
        /// Those of the published configurations.
        public static final Fractions DEFAULT = new Fractions(0.25, 0.25, 0.5);

        /// Of text as `0.25,0.25,0.5`.
        ///
        /// @throws IllegalArgumentException when they are no three shares
        public static Fractions parse(String text) {
            String[] parts = text.split(",", -1);
            if (parts.length != 3) {
                throw new IllegalArgumentException("fractions: must be three numbers, was " + text);
            }
            try {
                return new Fractions(
                        Double.parseDouble(parts[0]), Double.parseDouble(parts[1]), Double.parseDouble(parts[2]));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("fractions: must be three numbers, was " + text, e);
            }
        }

        /// A part's share; what is held out has none.
        double of(Part part) {
            return switch (part) {
                case AV_SFT -> avSft;
                case AR_SFT -> arSft;
                case RL -> rl;
                case EVAL -> 0;
            };
        }

        public Fractions {
            if (!(avSft >= 0) || !(arSft >= 0) || !(rl >= 0) || Math.abs(avSft + arSft + rl - 1) > 1e-6) {
                throw new IllegalArgumentException(
                        "fractions: must be 0 or more and add up to 1, were " + avSft + ", " + arSft + ", " + rl);
            }
        }
    }

    /// Documents and rows of each part.
    public record Result(Map<Part, Long> documents, Map<Part, Long> rows) {
        public Result {
            documents = Map.copyOf(documents);
            rows = Map.copyOf(rows);
        }
    }

    private final Fractions fractions;
    private final long seed;
    private final DocumentSplits splits;

    /// @param seed of the order in which documents are shared out, with Python's generator
    public DataSplit(Fractions fractions, long seed, DocumentSplits splits) {
        this.fractions = fractions;
        this.seed = seed;
        this.splits = splits;
    }

    /// Writes `{part}_raw.parquet` into a folder for each part that gets rows.
    ///
    /// @throws InputException when a document's split is not known
    public Result run(Path base, Path folder, boolean replace, Progress progress) throws IOException {
        try (DataFile file = DataFile.open(base)) {
            file.requireStage(Stage.BASE);
            file.requireReadable();
            for (Part part : Part.values()) {
                DataOutput.requireFree(base, path(folder, part), replace);
            }
            Map<String, Part> parts = parts(documents(file), file);
            Map<Part, Long> documents = new EnumMap<>(Part.class);
            parts.values().forEach(part -> documents.merge(part, 1L, Long::sum));
            requireShares(base, documents, parts.size());
            // Parts of two splits share documents: until this one is whole, nobody may read what an earlier one left.
            for (Part part : Part.values()) {
                Files.deleteIfExists(DatasetSidecar.beside(path(folder, part)));
            }
            Map<Part, Long> rows = new EnumMap<>(Part.class);
            int done = 0;
            for (Part part : Part.values()) {
                if (!documents.containsKey(part)) {
                    Files.deleteIfExists(path(folder, part));
                    continue;
                }
                rows.put(part, write(file, parts, part, path(folder, part), done++, documents.size(), progress));
            }
            return new Result(documents, rows);
        }
    }

    private void requireShares(Path base, Map<Part, Long> documents, int all) {
        if (splits.drawsSome() && !documents.containsKey(Part.EVAL)) {
            throw new InputException(base + ": too few documents for this share held out: it would get none of " + all
                    + "; extract from more documents, or raise --hold-out");
        }
        List<String> without = Stream.of(Part.AV_SFT, Part.AR_SFT, Part.RL)
                .filter(part -> fractions.of(part) > 0 && !documents.containsKey(part))
                .map(Part::label)
                .toList();
        if (!without.isEmpty()) {
            throw new InputException(base + ": too few documents for these shares: " + String.join(" and ", without)
                    + " would get none of " + all + ", of which " + documents.getOrDefault(Part.EVAL, 0L)
                    + " are held out; extract from more documents, or change --fractions");
        }
    }

    /// Where a part's rows are written.
    public static Path path(Path folder, Part part) {
        return folder.resolve(part.label() + "_raw.parquet");
    }

    private static Set<String> documents(DataFile file) {
        // Python sorts texts by code point.
        Set<String> documents = new TreeSet<>(DataSplit::byCodePoint);
        DataFile.Rows rows = file.rows(List.of(Column.of(ActivationSchema.DOCUMENT, ColumnKind.TEXT)));
        while (rows.hasNext()) {
            documents.add(Value.text(rows.next().getFirst()));
        }
        return documents;
    }

    /// Each document's part. Held-out documents are taken out before the others are shared out.
    private Map<String, Part> parts(Set<String> documents, DataFile file) {
        Map<String, Part> parts = new HashMap<>();
        List<String> shared = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        for (String document : documents) {
            splits.isHeldOut(document, file.meta().extraction())
                    .ifPresentOrElse(
                            heldOut -> {
                                if (heldOut) {
                                    parts.put(document, Part.EVAL);
                                } else {
                                    shared.add(document);
                                }
                            },
                            () -> unknown.add(document));
        }
        if (!unknown.isEmpty()) {
            throw new InputException(file.path() + ": " + unknown.size() + " of " + documents.size()
                    + " documents don't tell their split (the first is "
                    + FormatException.printable(unknown.getFirst())
                    + "); name the corpus they come from with --corpus (the whole one), draw a share with"
                    + " --hold-out 0.05, or say with --all-train that none is held out");
        }
        PythonRandom.of(seed).shuffle(shared);
        int avSft = (int) (shared.size() * fractions.avSft());
        int arSft = avSft + (int) (shared.size() * fractions.arSft());
        for (int i = 0; i < shared.size(); i++) {
            parts.put(shared.get(i), i < avSft ? Part.AV_SFT : i < arSft ? Part.AR_SFT : Part.RL);
        }
        return parts;
    }

    private static long write(
            DataFile file, Map<String, Part> parts, Part part, Path out, int done, int all, Progress progress)
            throws IOException {
        int document = DataFile.index(file.columns(), ActivationSchema.DOCUMENT);
        DatasetMeta meta = DataOutput.derived(
                file.meta(),
                file.meta().datasetId() + "__" + part.label() + "_raw",
                file.meta().apiSummaries());
        return DataOutput.put(
                out,
                temporary -> {
                    try (DataOutput output = DataOutput.open(
                            temporary, file.columns(), file.meta().extraction().dModel())) {
                        for (DataFile.Rows rows = file.allRows(); rows.hasNext(); ) {
                            List<Value> row = rows.next();
                            if (parts.get(Value.text(row.get(document))) == part) {
                                output.write(row);
                            }
                            progress.report(TASK, done * file.rows() + rows.row(), all * file.rows(), "rows");
                        }
                        return output.rows();
                    }
                },
                meta);
    }

    private static int byCodePoint(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; ) {
            int left = a.codePointAt(i);
            int right = b.codePointAt(i);
            if (left != right) {
                return Integer.compare(left, right);
            }
            i += Character.charCount(left);
        }
        return Integer.compare(a.length(), b.length());
    }
}
