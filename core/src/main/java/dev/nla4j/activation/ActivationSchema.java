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

    public static final List<Column> COLUMNS = List.of(
            Column.of(TOKENS, ColumnKind.INT64),
            Column.of(TEXT, ColumnKind.TEXT),
            Column.of(VECTOR, ColumnKind.FLOAT_LIST),
            Column.of(LAYER, ColumnKind.INT64),
            Column.of(DOCUMENT, ColumnKind.TEXT));

    private ActivationSchema() {}

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
