package dev.nla4j.data;

import dev.nla4j.activation.ActivationRow;
import dev.nla4j.activation.ActivationSchema;
import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.activation.WorkFolder;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.InputException;
import dev.nla4j.format.Sha256;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.ParquetFile;
import dev.nla4j.format.parquet.ParquetRowReader;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.progress.Progress;
import dev.nla4j.teacher.DocumentFrequencies;
import dev.nla4j.teacher.Evidence;
import dev.nla4j.teacher.Lesson;
import dev.nla4j.teacher.Snippet;
import dev.nla4j.teacher.Teacher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Adds a column of explanations to extracted rows; rows that the teacher declines are dropped.
///
/// Work is cut into chunks; each finished one is kept as a part beside the target file, so that a run that is killed
/// goes on where it was, and no paid answer is asked for twice.
public final class DataTeach {
    private static final String TASK = "teach";

    private static final String CHUNK_ROWS = "chunk-rows";

    private final Teacher teacher;
    private final Predictions predictions;
    private final String evidence;
    private final int chunkRows;

    /// What is known of rows before the teacher sees them.
    @FunctionalInterface
    public interface Predictions {
        /// The text alone.
        Predictions NONE =
                rows -> rows.stream().map(row -> Evidence.ofContext(row.text())).toList();

        /// One evidence a row, in their order.
        List<Evidence> of(List<ActivationRow> rows);
    }

    /// A teacher that sees the text alone.
    ///
    /// @param chunkRows rows that are worked on together and lost together when a run is killed
    public DataTeach(Teacher teacher, int chunkRows) {
        this(teacher, Predictions.NONE, "text", chunkRows);
    }

    /// @param evidence what predictions depend on: a run that goes on must say the same
    /// @param chunkRows rows that are worked on together and lost together when a run is killed
    public DataTeach(Teacher teacher, Predictions predictions, String evidence, int chunkRows) {
        if (chunkRows < 1) {
            throw new IllegalArgumentException("chunk rows: must be at least 1, was " + chunkRows);
        }
        this.teacher = teacher;
        this.predictions = predictions;
        this.evidence = evidence;
        this.chunkRows = chunkRows;
    }

    /// What a run did.
    ///
    /// @param rows written
    /// @param dropped rows without an explanation
    /// @param reasons why, for those of this run; an earlier, interrupted run's are not known
    /// @param chunksKept chunks that an interrupted run had done
    public record Result(long rows, long dropped, Map<String, Long> reasons, int chunksKept) {
        public Result {
            reasons = java.util.Collections.unmodifiableMap(new TreeMap<>(reasons));
        }
    }

    /// Counts the words of files' contexts, document by document: what a grounded teacher needs to know first. Rows of
    /// a document are expected together, as extraction writes them.
    public static DocumentFrequencies frequencies(List<Path> files, Progress progress) {
        DocumentFrequencies frequencies = new DocumentFrequencies();
        for (Path path : files) {
            try (DataFile file = DataFile.open(path)) {
                String document = null;
                List<String> contexts = new ArrayList<>();
                for (DataFile.Rows rows = file.rows(List.of(
                                Column.of(ActivationSchema.DOCUMENT, ColumnKind.TEXT),
                                Column.of(ActivationSchema.TEXT, ColumnKind.TEXT)));
                        rows.hasNext(); ) {
                    List<Value> row = rows.next();
                    String id = Value.text(row.getFirst());
                    if (document != null && !document.equals(id)) {
                        frequencies.addDocument(contexts);
                        contexts.clear();
                    }
                    document = id;
                    contexts.add(Value.text(row.getLast()));
                    progress.report("count words", rows.row(), file.rows(), "rows");
                }
                if (document != null) {
                    frequencies.addDocument(contexts);
                }
            }
        }
        return frequencies;
    }

    /// Writes `in` with explanations to `out`.
    ///
    /// @param restart whether to drop an interrupted run and replace a finished file
    /// @throws InputException when an interrupted run had another input or teacher
    public Result run(Path in, Path out, boolean restart, Progress progress) throws IOException, InterruptedException {
        AtomicFile.requireOther(out, in, "what it would be made of");
        try (DataFile file = DataFile.open(in);
                WorkFolder work = WorkFolder.open(out)) {
            file.requireStage(Stage.BASE);
            file.requireReadable();
            if (DataFile.index(file.columns(), DataColumns.EXPLANATION) >= 0) {
                throw new InputException(in + ": has explanations already");
            }
            JsonNode stored = !restart && work.hasParts() ? work.plan() : null;
            ObjectNode plan = plan(file);
            int chunk = stored == null ? chunkRows : chunkRows(out, stored);
            if (stored == null) {
                work.clear();
                try {
                    DataOutput.requireFree(out, restart);
                } catch (InputException e) {
                    work.delete();
                    throw e;
                }
                work.writePlan(plan);
            } else {
                requireSame(out, stored, plan);
            }
            Result result = finish(file, out, work, progress, explain(file, work, chunk, progress), chunk);
            work.delete();
            return result;
        }
    }

    /// Whether `out` is there whole, and made of `in` as it is now by this teacher with this evidence.
    public boolean isDone(Path in, Path out) throws IOException {
        if (!Files.exists(out) || WorkFolder.goesOn(out)) {
            return false;
        }
        try (DataFile file = DataFile.open(in);
                DataFile made = DataFile.open(out)) {
            DatasetMeta meta = made.meta();
            return Files.getLastModifiedTime(out).compareTo(Files.getLastModifiedTime(in)) >= 0
                    && meta.provenance().parentDatasets().contains(file.meta().datasetId())
                    && isBy(meta);
        } catch (InputException e) {
            return false; // what is wrong with one of them is said by run
        }
    }

    private boolean isBy(DatasetMeta meta) {
        String maker = meta.provenance().createdBy();
        // earlier versions named themselves alone; what an API was asked stands in the sidecar all the same
        boolean asked = teacher.summaries().isPresent()
                && Objects.equals(meta.apiSummaries(), teacher.summaries().get());
        return maker.equals(createdBy()) || (maker.equals(DataOutput.CREATED_BY) && asked);
    }

    private ObjectNode plan(DataFile file) throws IOException {
        return Json.mapper()
                .createObjectNode()
                .put("input-sha256", Sha256.of(file.path()))
                .put(CHUNK_ROWS, Integer.toString(chunkRows))
                .put("teacher", teacher.identity())
                .put("evidence", evidence);
    }

    /// A run that goes on keeps the chunks it has: how many rows they are of changes nothing that is written.
    private static int chunkRows(Path out, JsonNode stored) {
        String rows = stored.path(CHUNK_ROWS).asString("none");
        if (!rows.matches("[1-9][0-9]{0,6}")) {
            throw new InputException(out + ": the interrupted run's plan has " + CHUNK_ROWS + " " + rows
                    + "; start afresh with --restart");
        }
        return Integer.parseInt(rows);
    }

    private static void requireSame(Path out, JsonNode stored, ObjectNode plan) {
        List<String> differences = new ArrayList<>();
        for (String key : plan.propertyNames()) {
            if (key.equals(CHUNK_ROWS)) {
                continue;
            }
            String then = stored.path(key).asString("none");
            String now = plan.path(key).asString("none");
            if (!then.equals(now)) {
                differences.add(key + ": " + then + " → " + now);
            }
        }
        if (!differences.isEmpty()) {
            throw new InputException(out + ": an interrupted run with other settings is there ("
                    + String.join(", ", differences)
                    + "); repeat its command, choose another file or start afresh with --restart");
        }
    }

    /// What the sidecar says of how explanations came about.
    private String createdBy() {
        return DataOutput.CREATED_BY + " (" + teacher.identity() + "; " + evidence + ")";
    }

    private record Explained(Map<String, Long> reasons, int kept) {}

    private Explained explain(DataFile file, WorkFolder work, int chunkRows, Progress progress)
            throws IOException, InterruptedException {
        Map<String, Long> reasons = new TreeMap<>();
        int kept = 0;
        DataFile.Rows rows = file.allRows();
        for (int chunk = 0; rows.hasNext(); chunk++) {
            int count = (int) Math.min(chunkRows, file.rows() - rows.row());
            if (work.hasPart(chunk)) {
                kept++;
                rows.skip(count);
            } else {
                explainChunk(file, rows, count, work.part(chunk), reasons);
            }
            progress.report(TASK, rows.row(), file.rows(), "rows");
        }
        return new Explained(reasons, kept);
    }

    private void explainChunk(DataFile file, DataFile.Rows rows, int count, Path part, Map<String, Long> reasons)
            throws IOException, InterruptedException {
        List<List<Value>> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(rows.next());
        }
        List<ActivationRow> activations =
                values.stream().map(row -> activation(file.columns(), row)).toList();
        List<Evidence> evidence = predictions.of(activations);
        List<Snippet> snippets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            snippets.add(new Snippet(activations.get(i).documentId(), evidence.get(i)));
        }
        List<Lesson> lessons = teacher.explain(snippets);
        if (lessons.size() != count) {
            throw new IllegalStateException(lessons.size() + " lessons for " + count + " snippets");
        }
        AtomicFile.write(part, temporary -> {
            try (DataOutput output = DataOutput.open(
                    temporary, columns(file), file.meta().extraction().dModel())) {
                for (int i = 0; i < count; i++) {
                    switch (lessons.get(i)) {
                        case Lesson.Explained(String explanation) -> {
                            List<Value> row = new ArrayList<>(values.get(i));
                            row.add(new Value.Text(explanation));
                            output.write(row);
                        }
                        case Lesson.Declined(String reason) -> reasons.merge(reason, 1L, Long::sum);
                    }
                }
            }
        });
    }

    private Result finish(
            DataFile file, Path out, WorkFolder work, Progress progress, Explained explained, int chunkRows)
            throws IOException {
        DatasetMeta parent = file.meta();
        DatasetMeta meta = DataOutput.derived(
                        parent,
                        parent.datasetId() + "__explained",
                        teacher.summaries().orElse(null))
                .withCreatedBy(createdBy());
        long rows = DataOutput.put(
                out,
                temporary -> {
                    long written;
                    try (DataOutput output = DataOutput.open(
                            temporary, columns(file), parent.extraction().dModel())) {
                        merge(file, work, output, chunkRows, progress);
                        written = output.rows();
                    }
                    if (written == 0 && file.rows() > 0) {
                        throw new InputException(file.path() + ": the teacher explained none of " + file.rows()
                                + " rows: " + explained.reasons());
                    }
                    return written;
                },
                meta);
        return new Result(rows, file.rows() - rows, explained.reasons(), explained.kept());
    }

    private void merge(DataFile file, WorkFolder work, DataOutput output, int chunkRows, Progress progress)
            throws IOException {
        int chunks = (int) Math.ceilDiv(file.rows(), (long) chunkRows);
        for (int chunk = 0; chunk < chunks; chunk++) {
            try (ParquetFile part = ParquetFile.open(work.part(chunk))) {
                for (ParquetRowReader reader = new ParquetRowReader(part, columns(file)); reader.hasNext(); ) {
                    output.write(reader.next());
                }
            }
            progress.report("write", chunk + 1L, chunks, "chunks");
        }
    }

    private static List<Column> columns(DataFile file) {
        List<Column> columns = new ArrayList<>(file.columns());
        columns.add(Column.of(DataColumns.EXPLANATION, ColumnKind.TEXT));
        return columns;
    }

    private static ActivationRow activation(List<Column> columns, List<Value> row) {
        long tokens = 0;
        long layer = 0;
        String text = "";
        String document = "";
        float[] vector = {};
        for (int i = 0; i < row.size(); i++) {
            switch (columns.get(i).name()) {
                case ActivationSchema.TOKENS -> tokens = Value.number(row.get(i));
                case ActivationSchema.LAYER -> layer = Value.number(row.get(i));
                case ActivationSchema.TEXT -> text = Value.text(row.get(i));
                case ActivationSchema.DOCUMENT -> document = Value.text(row.get(i));
                case ActivationSchema.VECTOR -> vector = Value.floats(row.get(i));
                default -> {
                    // a column of somebody else's, carried along
                }
            }
        }
        return new ActivationRow(tokens, text, vector, layer, document);
    }
}
