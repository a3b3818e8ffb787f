package dev.nla4j.activation;

import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import java.util.List;

/// The columns of extracted activations: stage 0 of the public data pipeline.
public final class ActivationSchema {
    public static final String TOKENS = "n_raw_tokens";
    public static final String TEXT = "detokenized_text_truncated";
    public static final String VECTOR = "activation_vector";
    public static final String LAYER = "activation_layer";
    public static final String DOCUMENT = "doc_id";

    private static final long GROUP_BYTES = 32 << 20;
    private static final int FEWEST_ROWS = 64;
    private static final int MOST_ROWS = 1 << 16;

    public static final List<Column> COLUMNS = List.of(
            Column.of(TOKENS, ColumnKind.INT64),
            Column.of(TEXT, ColumnKind.TEXT),
            Column.of(VECTOR, ColumnKind.FLOAT_LIST),
            Column.of(LAYER, ColumnKind.INT64),
            Column.of(DOCUMENT, ColumnKind.TEXT));

    private ActivationSchema() {}

    /// Rows of a row group, which is held in memory while it is written: 32 MB of vectors. The same
    /// wherever activations are written, so that the same rows have the same bytes.
    public static int rowsPerGroup(int dimension) {
        return rowsPerGroup(dimension, GROUP_BYTES);
    }

    /// As [#rowsPerGroup(int)] with so many bytes of vectors.
    public static int rowsPerGroup(int dimension, long bytes) {
        return Math.clamp(bytes / ((long) dimension * Float.BYTES), FEWEST_ROWS, MOST_ROWS);
    }

    /// The index of the first number that is not finite, or -1.
    public static int firstNotFinite(float[] vector) {
        for (int i = 0; i < vector.length; i++) {
            if (!Float.isFinite(vector[i])) {
                return i;
            }
        }
        return -1;
    }
}
