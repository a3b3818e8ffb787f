package dev.nla4j.train.sft;

import dev.nla4j.activation.ActivationSchema;
import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.data.DataColumns;
import dev.nla4j.data.DataFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.nla.ExplanationText;
import dev.nla4j.nla.NlaMeta;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A data set in memory, of any stage: training sets of both roles, rows for reinforcement learning, and explained rows
/// of held-out documents.
public record Examples(Path file, DatasetMeta meta, List<Example> rows) {
    /// Share of the heap that vectors may take.
    private static final double MOST_OF_HEAP = 0.6;

    public Examples {
        rows = List.copyOf(rows);
    }

    /// Reads a file with its sidecar.
    ///
    /// @throws InputException when it has no rows, or more than fit into memory
    public static Examples read(Path path) {
        try (DataFile file = DataFile.open(path)) {
            DatasetMeta meta = file.meta();
            double bytes = (double) file.rows() * meta.extraction().dModel() * Float.BYTES;
            if (file.rows() == 0) {
                throw new InputException(path + ": has no rows");
            }
            if (bytes > MOST_OF_HEAP * Runtime.getRuntime().maxMemory()) {
                throw new InputException(path + ": its " + file.rows() + " vectors take " + Math.round(bytes / 1e6)
                        + " MB, the heap has " + Runtime.getRuntime().maxMemory() / 1_000_000
                        + " MB; give Java more (NLA_JAVA_OPTS=-Xmx8g ./nla ...) or use fewer rows");
            }
            return new Examples(path, meta, rows(file));
        }
    }

    /// Refuses rows that nobody has explained: a file for joint learning, or texts that are blank.
    public void requireExplained() {
        for (int row = 0; row < rows.size(); row++) {
            if (rows.get(row).explanation().isBlank()) {
                throw new InputException(file + ": row " + row + ": has no explanation"
                        + (meta.stage() == DatasetMeta.Stage.RL ? ", as no file of stage rl has" : "")
                        + "; nla data teach writes them");
            }
        }
    }

    private static List<Example> rows(DataFile file) {
        DatasetMeta meta = file.meta();
        String text = switch (meta.stage()) {
            case AV_SFT -> DataColumns.RESPONSE;
            case AR_SFT -> DataColumns.PROMPT;
            case BASE -> DataColumns.EXPLANATION;
            case RL -> "";
        };
        List<Column> columns = new ArrayList<>();
        columns.add(Column.of(ActivationSchema.VECTOR, ColumnKind.FLOAT_LIST));
        columns.add(Column.of(ActivationSchema.DOCUMENT, ColumnKind.TEXT));
        boolean hasContext = file.has(ActivationSchema.TEXT, ColumnKind.TEXT);
        if (hasContext) {
            columns.add(Column.of(ActivationSchema.TEXT, ColumnKind.TEXT));
        }
        boolean hasText = !text.isEmpty() && file.has(text, ColumnKind.TEXT);
        if (!hasText && meta.stage() != DatasetMeta.Stage.RL) {
            throw new InputException(
                    file.path() + ": has no column " + text + "; explanations come first: nla data teach");
        }
        if (hasText) {
            columns.add(Column.of(text, ColumnKind.TEXT));
        }
        List<Example> examples = new ArrayList<>();
        for (DataFile.Rows rows = file.rows(columns); rows.hasNext(); ) {
            long number = rows.row();
            List<Value> row = rows.next();
            examples.add(example(file, number, row, hasContext ? text(row.get(2)) : "", hasText));
        }
        return examples;
    }

    private static Example example(DataFile file, long number, List<Value> row, String context, boolean hasText) {
        float[] vector = row.getFirst() instanceof Value.Floats(float[] values) ? values : new float[0];
        double square = 0;
        for (float value : vector) {
            square += (double) value * value;
        }
        if (!(square > 0) || Double.isInfinite(square)) {
            throw wrong(file, number, ActivationSchema.VECTOR, "has a norm that is zero or not finite");
        }
        String document = text(row.get(1));
        if (!hasText) {
            return new Example(vector, "", "", document, context);
        }
        String text = text(row.getLast());
        return switch (file.meta().stage()) {
            case AV_SFT -> new Example(vector, ExplanationText.parse(text).description(), text, document, context);
            case AR_SFT -> Example.explained(vector, inside(file, number, text), document, context);
            case BASE, RL -> Example.explained(vector, text, document, context);
        };
    }

    /// The explanation in a reconstructor's stored prompt.
    private static String inside(DataFile file, long number, String prompt) {
        String template = String.valueOf(file.meta().promptTemplates().critic());
        int place = template.indexOf(NlaMeta.EXPLANATION);
        String before = template.substring(0, Math.max(0, place));
        String after = template.substring(place + NlaMeta.EXPLANATION.length());
        if (place < 0
                || !prompt.startsWith(before)
                || !prompt.endsWith(after)
                || prompt.length() < before.length() + after.length()) {
            throw wrong(file, number, DataColumns.PROMPT, "is not made of the sidecar's critic template");
        }
        return prompt.substring(before.length(), prompt.length() - after.length());
    }

    private static String text(Value value) {
        return value instanceof Value.Text(String text) ? text : "";
    }

    private static FormatException wrong(DataFile file, long number, String column, String problem) {
        return new FormatException(file.path(), -1, "column " + column, "row " + number + " " + problem);
    }

    /// The vectors.
    public List<float[]> activations() {
        return rows.stream().map(Example::activation).toList();
    }

    /// Refuses a file of activations of another model or block than `other`'s.
    public void requireLike(Examples other) {
        DatasetMeta.Extraction mine = meta.extraction();
        DatasetMeta.Extraction its = other.meta.extraction();
        if (mine.dModel() != its.dModel() || mine.layerIndex() != its.layerIndex()) {
            throw new InputException(file + ": has activations of width " + mine.dModel() + " after block "
                    + mine.layerIndex() + ", " + other.file + " of width " + its.dModel() + " after block "
                    + its.layerIndex());
        }
        if (!mine.baseModel().equals(its.baseModel())) {
            throw new InputException(file + ": has activations of " + mine.baseModel() + ", " + other.file + " of "
                    + its.baseModel() + " (extraction.base_model in their sidecars)");
        }
    }

    /// Refuses a file that shares a document with `other`: what is evaluated must not have been learned from.
    public void requireOtherDocuments(Examples other) {
        java.util.Set<String> documents = new java.util.HashSet<>();
        other.rows.forEach(row -> documents.add(row.document()));
        for (Example row : rows) {
            if (documents.contains(row.document())) {
                throw new InputException(file + ": document " + FormatException.printable(row.document()) + " is in "
                        + other.file + " too; held-out rows must be of other documents");
            }
        }
    }
}
