package dev.nla4j.activation;

import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import java.util.List;

/// The columns of extracted activations: stage 0 of the public data pipeline.
final class ActivationSchema {
    static final String TOKENS = "n_raw_tokens";
    static final String TEXT = "detokenized_text_truncated";
    static final String VECTOR = "activation_vector";
    static final String LAYER = "activation_layer";
    static final String DOCUMENT = "doc_id";

    static final List<Column> COLUMNS = List.of(
            Column.of(TOKENS, ColumnKind.INT64),
            Column.of(TEXT, ColumnKind.TEXT),
            Column.of(VECTOR, ColumnKind.FLOAT_LIST),
            Column.of(LAYER, ColumnKind.INT64),
            Column.of(DOCUMENT, ColumnKind.TEXT));

    private ActivationSchema() {}

    /// The index of the first number that is not finite, or -1.
    static int firstNotFinite(float[] vector) {
        for (int i = 0; i < vector.length; i++) {
            if (!Float.isFinite(vector[i])) {
                return i;
            }
        }
        return -1;
    }
}
